import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { Problem } from '../../src/contract/errors.ts';
import type { AppInfo, Result, TerminalBridge } from '../../src/contract/ipc.ts';
import type { TerminalState } from '../../src/contract/terminal.ts';

export type TerminalAccess = {
  bridge: TerminalBridge;
  state: TerminalState;
  info: AppInfo;
  /** Waits for a call that answers with nothing; what it could not do is shown as a notice. */
  run(call: Promise<Result<unknown>>): Promise<void>;
  failure: Problem | null;
  dismissFailure(): void;
};

const TerminalContext = createContext<TerminalAccess | null>(null);

export function useTerminal(): TerminalAccess {
  const access = useContext(TerminalContext);
  if (access === null) throw new Error('useTerminal needs a TerminalProvider above it');
  return access;
}

type Props = {
  bridge: TerminalBridge;
  initial: TerminalState;
  initialInfo: AppInfo;
  children: ReactNode;
};

export function TerminalProvider({ bridge, initial, initialInfo, children }: Props) {
  const [state, setState] = useState(initial);
  const [info, setInfo] = useState(initialInfo);
  const [failure, setFailure] = useState<Problem | null>(null);

  useEffect(() => {
    let current = true;
    const unsubscribe = bridge.onState((next) => {
      current = false;
      setState(next);
      setFailure(null);
    });
    // The state may have moved on between the first question and this subscription.
    bridge.getState().then((result) => {
      if (current && result.ok) setState(result.value);
    }, console.error);
    return () => {
      current = false;
      unsubscribe();
    };
  }, [bridge]);

  // What the app says of itself changes as the terminal is enrolled, or goes on without a vault.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each kind of state asks anew
  useEffect(() => {
    let current = true;
    bridge.getAppInfo().then((result) => {
      if (current && result.ok) setInfo(result.value);
    }, console.error);
    return () => {
      current = false;
    };
  }, [bridge, state.kind]);

  async function run(call: Promise<Result<unknown>>): Promise<void> {
    setFailure(null);
    const result = await call;
    if (!result.ok) setFailure(result.problem);
  }

  const access = { bridge, state, info, run, failure, dismissFailure: () => setFailure(null) };
  return <TerminalContext value={access}>{children}</TerminalContext>;
}
