/** What the bench asks of the broker's process, beside the protocol. */
export type Order =
  /** CPU milliseconds that the process has used so far, all threads together. */
  | { kind: 'cpu' }
  /** CPU milliseconds of one password check. */
  | { kind: 'password' }
  | { kind: 'approve'; userCode: string };

/** What the process says first. */
export type Ready = { url: string; ca: string; enrollmentToken: string; desktopId: string };

/** How the API treats proofs: checked, or taken for what the sender says. */
export type ProofCheck = 'checked' | 'believed';

/** The people there are, by number. */
export const usernameOf = (index: number): string => `bench-${index}`;
export const password = 'only for this bench';
