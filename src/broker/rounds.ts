type Part = () => Promise<unknown>;
type OnFault = (error: unknown) => void;

/** Work that is done again and again, one round at a time. */
export type Rounds = {
  /** Begins a round; while one is under way, as soon as that is done. */
  begin(): void;
  /** No round begins any more. Resolves when the one under way is done. */
  close(): Promise<void>;
};

/** Rounds of these parts, one part after the other. */
export function createRounds(parts: readonly Part[], onFault: OnFault): Rounds {
  let state: 'idle' | 'busy' | 'asked-again' | 'closed' = 'idle';
  let round: Promise<void> = Promise.resolve();

  function run(): void {
    state = 'busy';
    round = eachInTurn(parts, onFault).then(() => {
      if (state === 'asked-again') run();
      else if (state === 'busy') state = 'idle';
    });
  }

  return {
    begin: () => {
      if (state === 'idle') run();
      else if (state === 'busy') state = 'asked-again';
    },
    close: () => {
      state = 'closed';
      return round;
    },
  };
}

/** Does all parts, one after the other; one that fails does not keep those after it. */
export async function eachInTurn(parts: readonly Part[], onFault: OnFault): Promise<void> {
  for (const part of parts) await part().catch(onFault);
}
