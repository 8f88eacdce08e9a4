import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Admin, openAdmin } from '../broker/admin.ts';
import type { Locations } from './locations.ts';

type DemoUser = { username: string; password: string };

const users = [
  { username: 'ada', displayName: 'Ada', groups: ['administrators'] },
  { username: 'grace', displayName: 'Grace', groups: [] },
] as const;

/** All engines, so that they can be compared; the first is shared between the users. */
const pools = [
  {
    name: 'Harbour',
    description: 'A light desktop that starts quickly',
    engine: 'para',
    spares: 1,
    users: ['ada', 'grace'],
  },
  {
    name: 'Lighthouse',
    description: 'The same desktop on emulated standard hardware',
    engine: 'full',
    spares: 0,
    users: ['ada'],
  },
  {
    name: 'Quay',
    description: 'A shared-kernel desktop, without a machine of its own',
    engine: 'os-level',
    spares: 0,
    users: ['ada'],
  },
] as const;

const passwordsSchema = z.record(z.string(), z.string().min(8));

/** What a terminal needs to show the demo. */
export type Demo = {
  users: DemoUser[];
  /** The user who may approve terminals. */
  administrator: string;
  /** Enrolls one terminal without a person. */
  enrollmentToken: string;
};

/**
 * Puts the demo's users and pools into the store of its broker, where they are not there yet, and
 * issues an enrollment token. Works while the broker runs.
 * @param image name of the guest image
 * @throws store-damaged
 */
export async function prepareDemo(
  { demoData: dataDir, cache: cacheDir }: Pick<Locations, 'demoData' | 'cache'>,
  image: string,
): Promise<Demo> {
  const admin = await openAdmin({ dataDir, cacheDir });
  try {
    const demoUsers = await ensureUsers(admin, dataDir);
    await ensurePools(admin, image);
    const { token } = await admin.createEnrollmentToken({
      label: 'Demo',
      uses: 1,
      expiresInSeconds: 15 * 60,
    });
    const [{ username: administrator }] = users;
    return { users: demoUsers, administrator, enrollmentToken: token };
  } finally {
    await admin.close();
  }
}

async function ensureUsers(admin: Admin, dataDir: string): Promise<DemoUser[]> {
  const file = join(dataDir, 'demo-users.json');
  const known = await readPasswords(file);
  const existing = new Set((await admin.listUsers()).map(({ username }) => username));
  const ensured: DemoUser[] = [];
  for (const { username, displayName, groups } of users) {
    const password = known[username] ?? newPassword();
    if (!existing.has(username)) {
      await admin.addUser({ username, displayName, password, groups: [...groups] });
    } else if (known[username] === undefined) await admin.setPassword({ username, password });
    ensured.push({ username, password });
  }
  const passwords = Object.fromEntries(ensured.map((user) => [user.username, user.password]));
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await replacePrivately(file, JSON.stringify(passwords, null, 2));
  return ensured;
}

/** Atomic, and whatever mode the old file had, only this user can read the new one. */
async function replacePrivately(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, file);
}

/** Passwords of an earlier start; where they cannot be read, new ones are set. */
async function readPasswords(file: string): Promise<Record<string, string>> {
  if (!existsSync(file)) return {};
  try {
    return passwordsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {}; // cut short or edited: the demo's passwords may change, nothing else is in there
  }
}

/** Four groups that can be read aloud and typed; without letters that look alike. */
function newPassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const letter = () => alphabet[randomInt(alphabet.length)];
  const group = () => Array.from({ length: 4 }, letter).join('');
  return Array.from({ length: 4 }, group).join('-');
}

async function ensurePools(admin: Admin, image: string): Promise<void> {
  const existing = new Set((await admin.listPools()).map(({ name }) => name));
  for (const { users: entitled, ...pool } of pools) {
    if (existing.has(pool.name)) continue;
    await admin.addPool({ ...pool, users: [...entitled], image, memoryMb: 384, cpus: 1 });
  }
}
