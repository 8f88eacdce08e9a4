import { access, rm } from 'node:fs/promises';
import { conflict } from '../conflict.ts';
import { createAuthority } from './authority.ts';
import {
  createIdentityKey,
  ensureIdentityKey,
  identityFiles,
  settleNextKey,
} from './identity-key.ts';
import { readKeyFile, syncFolder } from './key-files.ts';
import { withKeysLocked } from './keys-lock.ts';
import { finishSwitch, ownFiles, switchAuthority, writeAuthority } from './own-certificates.ts';
import { latestOf, readStatements, withStatement, writeStatements } from './statements.ts';

/*
 * Roll-over of the broker's keys, on their files: a broker that runs notices. The authority goes in
 * three steps, so that every terminal knows the new one before it meets it; the identity key in
 * one, since each terminal finds its way from one to the next by itself.
 */

export type AuthorityStep = 'stage' | 'switch' | 'finish';

/** @throws change-conflict when it is not the turn of this step, store-damaged */
export function rollAuthorityOver(folder: string, step: AuthorityStep, now: number): Promise<void> {
  return withKeysOf(folder, () => rollAuthority(folder, step, now));
}

async function rollAuthority(folder: string, step: AuthorityStep, now: number): Promise<void> {
  const { ca, nextCa, previousCa } = ownFiles(folder);
  await finishSwitch(folder);
  if (!(await isThere(ca.certificate))) throw conflict('the broker has no CA of its own here');
  const isStaged = await isThere(nextCa.certificate);
  const isSwitched = await isThere(previousCa);
  switch (step) {
    case 'stage':
      if (isStaged) throw conflict('the next CA is waiting already; go on with --switch');
      if (isSwitched) throw conflict('the last roll-over is not over; end it with --finish');
      return writeAuthority(nextCa, await createAuthority(now));
    case 'switch':
      if (!isStaged) throw conflict('there is no next CA to switch to');
      return switchAuthority(folder);
    case 'finish':
      if (!isSwitched) throw conflict('there is no earlier CA left');
      await rm(previousCa);
      return syncFolder(folder);
  }
}

/**
 * Gives the broker another identity key, which the one of today vouches for.
 * @throws change-conflict when the broker was never started, store-damaged
 */
export function rollIdentityOver(folder: string, now: number): Promise<void> {
  return withKeysOf(folder, () => rollIdentity(folder, now));
}

/** The old key is there until it is on the disk that the new one speaks in its place. */
async function rollIdentity(folder: string, now: number): Promise<void> {
  const { current, next } = identityFiles(folder);
  const before = await readStatements(folder);
  const latest = latestOf(before);
  if (latest === null) throw conflict('the broker has not said anything of its keys yet');
  await settleNextKey(folder, latest.iss);
  const key = await ensureIdentityKey(current);
  const nextKey = await createIdentityKey(next);
  const { anchors } = latest;
  const handedOver = await withStatement(
    before,
    key,
    { anchors, successor: nextKey.thumbprint },
    now,
  );
  await writeStatements(folder, await withStatement(handedOver, nextKey, { anchors }, now));
  await settleNextKey(folder, nextKey.thumbprint);
}

/** Where there are none, nothing is made either. */
async function withKeysOf(folder: string, work: () => Promise<void>): Promise<void> {
  await access(folder).catch((cause: unknown) => {
    throw conflict(`no broker has kept its keys in ${folder}`, cause);
  });
  return withKeysLocked(folder, work);
}

async function isThere(file: string): Promise<boolean> {
  return (await readKeyFile(file)) !== null;
}
