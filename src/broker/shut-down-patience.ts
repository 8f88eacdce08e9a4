/** Milliseconds that a guest with a disk that is kept has to write everything to it, before it is switched off. */
export const shutDownPatienceMs = 30_000;
