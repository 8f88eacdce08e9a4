import type { ColumnType } from 'kysely';
import type { Accelerator, Engine } from '../../contract/desktop.ts';
import type { Session, StepName } from '../../contract/session.ts';

/*
 * The tables, as migrations.ts makes them. Times are milliseconds since the epoch. Secrets are
 * stored as hashes only: SHA-256 where the secret is random, argon2id where people chose it.
 */

export type UserTable = {
  id: string;
  /** Lower case; how people type it does not matter. */
  username: string;
  display_name: string;
  password_hash: string;
  created_at: number;
};

export type TerminalTable = {
  /** RFC 7638 thumbprint of its public key. */
  id: string;
  name: string;
  refresh_hash: string;
  enrolled_at: number;
  /** When it last used the broker or had a stream open; kept to some seconds. */
  seen_at: number;
  /** Since when its user has to give the password again; null when they need not. */
  locked_at: number | null;
  revoked_at: number | null;
};

export type EnrollmentCodeTable = {
  code_hash: string;
  expires_at: number;
  used_at: number | null;
  terminal_id: string | null;
};

export type AccessTokenTable = {
  token_hash: string;
  user_id: string;
  terminal_id: string;
  expires_at: number;
};

export type DesktopTable = {
  id: string;
  name: string;
  description: string;
  image: string;
  engine: Engine;
  memory_mb: number;
  cpus: number;
};

export type EntitlementTable = { user_id: string; desktop_id: string };

export type SessionTable = {
  /** Also the id of its machine. */
  id: string;
  user_id: string;
  desktop_id: string;
  /** The terminal that may stream it; null once another user signed in there. */
  terminal_id: string | null;
  state: Session['state'];
  revision: number;
  started_at: number;
  expires_at: number;
  used_at: number;
  ended_at: number | null;
  accelerator: Accelerator | null;
  /** JSON of a problem. */
  problem: string | null;
  console_log: string | null;
  qemu_log: string | null;
};

export type StepDurationTable = {
  id: ColumnType<number, never, never>;
  session_id: string;
  engine: Engine;
  image: string;
  step: StepName;
  duration_ms: number;
};

/** One row: when a broker was last known to run on this store. */
export type HeartbeatTable = { id: 1; alive_at: number };

export type Tables = {
  users: UserTable;
  terminals: TerminalTable;
  enrollment_codes: EnrollmentCodeTable;
  access_tokens: AccessTokenTable;
  desktops: DesktopTable;
  entitlements: EntitlementTable;
  sessions: SessionTable;
  step_durations: StepDurationTable;
  heartbeat: HeartbeatTable;
};
