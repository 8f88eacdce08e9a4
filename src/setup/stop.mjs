/**
 * Thrown where set-up cannot go on and the person has to do something first. Bootstrapping runs
 * before any package or TypeScript can be loaded, so it cannot use the catalogue of coded errors.
 */
export class SetupStop extends Error {
  /**
   * @param {string} message whole sentences: what is wrong, and what to do
   * @param {1 | 2} exitCode 2: something is missing that only the person can bring; 1: a failure
   */
  constructor(message, exitCode) {
    super(message);
    this.name = 'SetupStop';
    this.exitCode = exitCode;
  }
}
