import type { ColumnType } from 'kysely';
import type { AuditEntry } from '../../contract/audit.ts';
import type { Accelerator, Engine } from '../../contract/desktop.ts';
import type { Purpose } from '../../contract/host.ts';
import type { VaultKind } from '../../contract/identity.ts';
import type { VirtualServer } from '../../contract/server.ts';
import type { Session, StepName } from '../../contract/session.ts';
import type { MachineState } from '../../desktops/machine-state.ts';

/*
 * The tables, as the migrations make them, the same on SQLite and PostgreSQL. Times are
 * milliseconds since the epoch, truth values 0 and 1, and ids UUIDs where nothing else is said.
 * Secrets are stored as hashes only: SHA-256 where the secret is random, argon2id where people
 * chose it. What has to be read again is encrypted with a key that is not in the database.
 */

export type UserTable = {
  id: string;
  /** As usernameSchema leaves it; how people type it does not matter. */
  username: string;
  display_name: string;
  /** `terminal`: the account of a terminal, which nobody signs in to by hand. */
  kind: 'person' | 'terminal';
  /** null for who comes from an identity provider, and for the account of a terminal. */
  password_hash: string | null;
  /** The identity provider that vouches for the user, and its `sub` for them; unique together. */
  identity_provider: string | null;
  subject: string | null;
  /** JWE (RFC 7516) of the TOTP secret (RFC 6238); null while none is set up. */
  totp_secret: string | null;
  /** The time step of the last code that was accepted: none is good twice. */
  totp_step: number | null;
  /** Whether the user has to set a second factor up, or give it. */
  totp_required: 0 | 1;
  disabled_at: number | null;
  created_at: number;
};

export type GroupTable = { id: string; name: string; built_in: 0 | 1 };

export type GroupMemberTable = {
  group_id: string;
  user_id: string;
  /** The identity provider whose claims say so; the empty text where an administrator did. */
  source: string;
  /** Which of its claims; the empty text where an administrator did. */
  claim: string;
};

/** Members of a group by what an identity provider claims of them. */
export type GroupClaimTable = { group_id: string; identity_provider: string; value: string };

export type RoleTable = {
  id: string;
  name: string;
  built_in: 0 | 1;
  /** JSON array of permissions. Built-in roles have what permissions.ts says, whatever is here. */
  permissions: string;
};

export type GroupRoleTable = { group_id: string; role_id: string };

export type TerminalGroupTable = { id: string; name: string };

export type TerminalTable = {
  /** RFC 7638 thumbprint of its public key. */
  id: string;
  name: string;
  model: string;
  version: string;
  vault: VaultKind;
  /** Network address at its enrollment. */
  address: string;
  group_id: string | null;
  /** The account that it signs in by itself, and the desktop which that opens; both or none. */
  account_user_id: string | null;
  account_desktop_id: string | null;
  enrolled_at: number;
  /** Who approved it, or the label of its enrollment token. */
  enrolled_by: string;
  /** Its enrollment token; null where a person approved it. */
  enrollment_token_id: string | null;
  /** When it last used the broker or had a stream open; kept to some seconds. */
  seen_at: number;
  /** Since when its user has to sign in again; null when they need not. */
  locked_at: number | null;
  revoked_at: number | null;
};

export type EnrollmentTokenTable = {
  id: string;
  label: string;
  token_hash: string;
  group_id: string | null;
  uses_left: number;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
};

/** Who sits at a terminal: one user at a time, with the tokens of one OAuth grant. */
export type SeatTable = {
  terminal_id: string;
  user_id: string;
  grant_id: string;
  /** After this the user has to sign in again. */
  expires_at: number;
};

/** What oidc-provider keeps: codes, tokens, grants, sessions and interactions, by model and id. */
export type OidcArtifactTable = {
  model: string;
  id: string;
  /** JSON. */
  payload: string;
  /** Whose it is: see parseAccountId. null before anybody is known. */
  account_id: string | null;
  grant_id: string | null;
  user_code: string | null;
  uid: string | null;
  created_at: number;
  expires_at: number | null;
  consumed_at: number | null;
};

export type PoolTable = {
  id: string;
  name: string;
  description: string;
  /** Name; new desktops begin with its current version. */
  image: string;
  engine: Engine;
  memory_mb: number;
  cpus: number;
  cpu_weight: number;
  /** JSON of a NetworkPolicy. */
  network: string;
  persistence: 'non-persistent' | 'persistent';
  spares: number;
  instant_clones: 0 | 1;
  suspend_after_minutes: number | null;
  home_mb: number;
  /** JSON of a SessionPolicy. */
  policy: string;
};

export type EntitlementTable = { group_id: string; pool_id: string };

/** Disks of users in persistent pools. Their files are named after them, in `disks` of the data folder. */
export type KeptDiskTable = {
  id: string;
  /** Unique together. */
  pool_id: string;
  user_id: string;
  /** The version of the image that the disk is an overlay on. */
  image_id: string;
  image_version: number;
  /** Whether a guest ever ran on it: from then on it is never made anew. */
  disk_made: 0 | 1;
  created_at: number;
  used_at: number;
};

/** Files that are to go, after their rows went; see disk-sweep.ts. */
export type RemovedDiskTable = {
  /** Of what the file was of, which it is named after. */
  id: string;
  kind: 'disk' | 'snapshot';
  removed_at: number;
};

/** Every guest of this broker that is not over: what a broker that comes back claims. */
export type MachineTable = {
  id: string;
  purpose: Exclude<Purpose, 'template'>;
  /** Id of the pool, the server or the master; its name as it was then. */
  belongs_to: string;
  belongs_to_name: string;
  /** Whose session it is. */
  user_id: string | null;
  engine: Engine;
  image_id: string;
  image_version: number;
  memory_mb: number;
  cpus: number;
  state: MachineState['kind'];
  /** JSON of an Origin; null until it is decided. */
  origin: string | null;
  started_at: number;
  /** JSON of a MachineUsage, as last measured. */
  usage: string | null;
};

/** Virtual servers. Their disks are named after them, in `disks` of the data folder. */
export type ServerTable = {
  id: string;
  name: string;
  image: string;
  image_id: string;
  image_version: number;
  engine: 'full' | 'para';
  memory_mb: number;
  cpus: number;
  cpu_weight: number;
  /** JSON of a NetworkPolicy. */
  network: string;
  autostart: 0 | 1;
  restart: VirtualServer['restart'];
  /** Changed by the command line too; the broker sees it at its next look. */
  wanted: VirtualServer['wanted'];
  state: VirtualServer['state'];
  problem: string;
  restarts: number;
  machine_id: string | null;
  /** Whether it ever ran: from then on it is never given an empty disk. */
  disk_made: 0 | 1;
  created_at: number;
};

/** Disks of virtual servers as they once were; files in `snapshots` of the data folder. */
export type SnapshotTable = {
  id: string;
  server_id: string;
  name: string;
  bytes: number;
  created_at: number;
};

/** Golden images in the making, one of each image. Their disks are in `disks` of the data folder. */
export type MasterTable = {
  id: string;
  /** Unique. */
  image: string;
  image_id: string;
  image_version: number;
  started_at: number;
};

/** The host over time: averages over a minute. Shares from 0 to 1. */
export type HostSampleTable = {
  at: number;
  cpu_utilization: number;
  memory_utilization: number;
  machines: number;
};

/** One row: the host as last measured, as JSON of a HostUsage. */
export type HostUsageTable = { id: 1; usage: string };

export type SessionTable = {
  id: string;
  /** The machine that serves it; null before it has one. */
  machine_id: string | null;
  /**
   * Neither user nor desktop has a foreign key: what was done stays in the list after they were
   * removed, with what they were called then.
   */
  user_id: string;
  username: string;
  /** Of the pool, of a virtual server, or of the master of an image. */
  desktop_id: string;
  desktop_name: string;
  /** What it was started with; the desktop may have been changed since. */
  engine: Engine;
  image: string;
  /** The terminal that may stream it; null once another user signed in there. */
  terminal_id: string | null;
  state: Session['state'];
  revision: number;
  started_at: number;
  expires_at: number;
  used_at: number;
  ended_at: number | null;
  /** When it was told to end through the store, for the broker to see at its next look. */
  end_asked_at: number | null;
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

/** One row: what tells this store from every other. */
export type StoreTable = {
  id: 1;
  /** Made with the store, and anew when a backup is restored to it. */
  store_id: string;
  /** null where no backup ever was. */
  restored_at: number | null;
};

/** One row: when a broker was last known to run on this store. */
export type HeartbeatTable = { id: 1; alive_at: number };

/** Rows are only ever added, and the oldest removed by retention: triggers refuse the rest. */
export type AuditEventTable = {
  number: number;
  at: number;
  action: AuditEntry['action'];
  /** JSON of the whole event but `hash`, in the form of RFC 8785: what `hash` is the SHA-256 of. */
  event: string;
  actor_id: string;
  hash: string;
};

/** One row: the hash that the oldest event left refers to, after retention removed those before. */
export type AuditStartTable = { id: 1; number: number; hash: string };

export type Tables = {
  store: StoreTable;
  users: UserTable;
  groups: GroupTable;
  group_members: GroupMemberTable;
  group_claims: GroupClaimTable;
  roles: RoleTable;
  group_roles: GroupRoleTable;
  terminal_groups: TerminalGroupTable;
  terminals: TerminalTable;
  enrollment_tokens: EnrollmentTokenTable;
  seats: SeatTable;
  oidc_artifacts: OidcArtifactTable;
  pools: PoolTable;
  entitlements: EntitlementTable;
  kept_disks: KeptDiskTable;
  removed_disks: RemovedDiskTable;
  machines: MachineTable;
  servers: ServerTable;
  snapshots: SnapshotTable;
  masters: MasterTable;
  host_samples: HostSampleTable;
  host_usage: HostUsageTable;
  sessions: SessionTable;
  step_durations: StepDurationTable;
  heartbeat: HeartbeatTable;
  audit_events: AuditEventTable;
  audit_start: AuditStartTable;
};
