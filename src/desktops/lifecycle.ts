import type { Disposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';
import { isOver, type MachineEvent, type MachineState, transition } from './machine-state.ts';

/** The state of one machine, and who is told of its changes. */
export class Lifecycle {
  readonly #listeners = new Set<(state: MachineState) => void>();
  #state: MachineState;

  constructor(state: MachineState) {
    this.#state = state;
  }

  get state(): MachineState {
    return this.#state;
  }

  onChange(listener: (state: MachineState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Whether the event meant anything. */
  apply(event: MachineEvent): boolean {
    const next = transition(this.#state, event);
    if (next === this.#state) return false;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener(next);
    if (isOver(next)) this.#listeners.clear();
    return true;
  }

  /** Resolves when it runs. @throws its problem when it ends, or could not be woken, instead */
  running(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (state: MachineState): boolean => {
        if (state.kind === 'running') resolve();
        else if (isOver(state) || isLeftAsleep(state)) reject(endOf(state));
        else return false;
        return true;
      };
      if (look(this.#state)) return;
      const subscription = this.onChange((state) => {
        if (look(state)) subscription.dispose();
      });
    });
  }
}

function isLeftAsleep(state: MachineState): boolean {
  return state.kind === 'suspended' && state.problem !== undefined;
}

function endOf(state: MachineState): CodedError {
  const problem = 'problem' in state ? state.problem : undefined;
  if (problem !== undefined) return new CodedError(problem.code, problem);
  return new CodedError('guest-failed', { detail: 'it was stopped' });
}
