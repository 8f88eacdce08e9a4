import type { TerminalIdentity, Vault } from './vault.ts';

type Change = Partial<Pick<TerminalIdentity, 'refreshToken' | 'trust' | 'resumable'>>;

/**
 * The identity as it is known now, and the vault that holds it. Changes come from several sides at
 * once, so that each is written after the other, and none after the identity was erased.
 */
export class IdentityKeeper {
  readonly #vault: Vault;
  #identity: TerminalIdentity;
  #erased = false;
  #writes: Promise<void> = Promise.resolve();

  constructor(vault: Vault, identity: TerminalIdentity) {
    this.#vault = vault;
    this.#identity = identity;
  }

  get identity(): TerminalIdentity {
    return this.#identity;
  }

  /** Resolves when nothing is being written. */
  get settled(): Promise<void> {
    return this.#writes;
  }

  /** Holds once it is in the vault. After `erase` there is nothing to change any more. */
  change(change: Change): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#erased) return;
      const changed = { ...this.#identity, ...change };
      await this.#vault.write(changed);
      this.#identity = changed;
    });
  }

  erase(): Promise<void> {
    this.#erased = true;
    return this.#enqueue(() => this.#vault.erase());
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const written = this.#writes.then(work);
    // Who asked for it is told of its failure, and the next is tried all the same.
    this.#writes = written.catch(() => undefined);
    return written;
  }
}
