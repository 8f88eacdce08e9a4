const families = ['Control', 'Alt', 'Shift'] as const;

/**
 * Follows which keys are held and tells when Ctrl, Alt and Shift were struck together, which calls
 * the toolbar. A fourth key at any moment makes it a shortcut of the desktop. Takes
 * `KeyboardEvent.code`s: by `key`, Alt held after Shift calls itself "Meta" on X11.
 */
export class ToolbarChord {
  readonly #held = new Set<string>();
  #mixed = false;

  press(code: string): void {
    this.#held.add(code);
    if (familyOf(code) === undefined) this.#mixed = true;
  }

  /** True when this release ends the chord. */
  release(code: string): boolean {
    const struck = !this.#mixed && this.#isChord();
    this.#held.delete(code);
    // What is let go of last belongs to the chord that was just struck.
    if (struck) this.#mixed = true;
    if (this.#held.size === 0) this.#mixed = false;
    return struck;
  }

  /** Forgets everything held, which is what the page does when it loses the keyboard. */
  reset(): void {
    this.#held.clear();
    this.#mixed = false;
  }

  #isChord(): boolean {
    const held = new Set([...this.#held].map(familyOf));
    return families.every((family) => held.has(family));
  }
}

function familyOf(code: string): string | undefined {
  return families.find((family) => code === `${family}Left` || code === `${family}Right`);
}
