import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import { type CallName, callChannel, callNames, stateChannel } from '../src/contract/channels.ts';
import type { Disposable } from '../src/contract/disposable.ts';
import { CodedError, type Problem, problem } from '../src/contract/errors.ts';
import {
  appOrigin,
  type CallArgument,
  type CallResult,
  calls,
  type Result,
} from '../src/contract/ipc.ts';
import { type TerminalState, terminalStateSchema } from '../src/contract/terminal.ts';
import type { Log } from './log.ts';

/** One function per call of the contract. Throws `CodedError` for what the person shall know. */
export type CallHandlers = {
  readonly [N in CallName]: (argument: CallArgument<N>) => Promise<Answer<CallResult<N>>>;
};
// biome-ignore lint/suspicious/noConfusingVoidType: the terminal's methods promise void
type Answer<T> = T extends undefined ? void : T;

/** A frame as far as trust goes; the parts of Electron's `WebFrameMain` that are looked at. */
export type Sender = Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>;

export type IpcDeps = {
  ipcMain: Pick<IpcMain, 'handle' | 'removeHandler'>;
  handlers: CallHandlers;
  /** The page of our window; null while there is none. */
  page: () => Pick<WebContents, 'id'> | null;
  log: Log;
};

/**
 * Registers every call of the contract. What comes from anywhere but the main frame of our own
 * page is refused and logged; arguments and results that do not fit their schema never pass.
 */
export function registerCalls(deps: IpcDeps): Disposable {
  for (const name of callNames) {
    deps.ipcMain.handle(callChannel(name), (event, ...args: unknown[]) =>
      answer(deps, name, event, args),
    );
  }
  return {
    dispose() {
      for (const name of callNames) deps.ipcMain.removeHandler(callChannel(name));
    },
  };
}

async function answer(
  deps: IpcDeps,
  name: CallName,
  event: Sender,
  args: readonly unknown[],
): Promise<Result<unknown>> {
  if (!isTrusted(event, deps.page())) {
    const from = event.senderFrame?.url ?? 'a frame that is gone';
    deps.log({ level: 'warn', message: 'refused a call', call: name, from: from.slice(0, 200) });
    return { ok: false, problem: problem('ipc-refused', { detail: name }) };
  }
  const { argument, result } = calls[name];
  const parsed = argument.safeParse(args[0]);
  if (args.length > 1 || !parsed.success) {
    deps.log({ level: 'warn', message: 'refused an argument', call: name });
    return { ok: false, problem: problem('invalid-request', { detail: name }) };
  }
  try {
    // The schema of this very row parsed it, which TypeScript cannot follow through the table.
    const handler = deps.handlers[name] as (argument: unknown) => Promise<unknown>;
    return { ok: true, value: result.parse(await handler(parsed.data)) };
  } catch (error) {
    return { ok: false, problem: problemOf(deps.log, name, error) };
  }
}

/**
 * Whether a message comes from the page we loaded ourselves: our window, its main frame, our
 * origin. A frame that was destroyed or navigated away has no frame any more, and no trust.
 */
function isTrusted(event: Sender, page: Pick<WebContents, 'id'> | null): boolean {
  const { sender, senderFrame } = event;
  return (
    page !== null &&
    sender.id === page.id &&
    senderFrame !== null &&
    senderFrame.parent === null &&
    senderFrame.origin === appOrigin &&
    // `about:blank` takes over the origin of the page that went there.
    senderFrame.url.startsWith(`${appOrigin}/`)
  );
}

function problemOf(log: Log, call: CallName, error: unknown): Problem {
  if (error instanceof CodedError) return error.problem;
  log({ level: 'error', message: 'a call failed', call, error });
  return problem('internal-error', { detail: call });
}

/** Sends the state to the page; one that does not fit the contract is logged and kept back. */
export function pushState(
  page: Pick<WebContents, 'send' | 'isDestroyed'>,
  state: TerminalState,
  log: Log,
): void {
  const parsed = terminalStateSchema.safeParse(state);
  if (!parsed.success) {
    log({ level: 'error', message: 'kept a malformed state back', error: parsed.error });
    return;
  }
  if (!page.isDestroyed()) page.send(stateChannel, parsed.data);
}
