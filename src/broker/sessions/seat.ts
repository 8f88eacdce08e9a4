/** A user at a terminal. */
export type Seat = { userId: string; terminalId: string };
