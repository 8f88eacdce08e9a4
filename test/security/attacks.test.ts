import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/contract/audit.ts';
import { until } from '../fakes/until.ts';
import type { Attack } from './attack.ts';
import { type AttackedBroker, startAttackedBroker } from './attacked-broker.ts';
import { enrollmentAttacks } from './attacks/enrollment.ts';
import { guestAttacks } from './attacks/guests.ts';
import { inputAttacks } from './attacks/input.ts';
import { pageAttacks } from './attacks/pages.ts';
import { proofAttacks } from './attacks/proofs.ts';
import { signInAttacks } from './attacks/sign-in.ts';
import { tenantAttacks } from './attacks/tenants.ts';
import { ticketAttacks } from './attacks/tickets.ts';
import { tokenAttacks } from './attacks/tokens.ts';
import { hardwareAttacks, virtualizationAttacks } from './attacks/virtualization.ts';

/*
 * What is tried from elsewhere: the certificate of another broker, old TLS (trust.test.ts), what
 * a page that was taken over tries on the app (page-confinement.test.ts), and who looks for secrets
 * in what the broker writes down (secrets.test.ts).
 */
const families: [string, readonly Attack[]][] = [
  ['proofs of possession', proofAttacks],
  ['tokens and codes', tokenAttacks],
  ['enrollment', enrollmentAttacks],
  ['guessing', signInAttacks],
  ['pages', pageAttacks],
  ['the rooms of others', tenantAttacks],
  ['the guests of others', guestAttacks],
  ['tickets', ticketAttacks],
  ['malformed input', inputAttacks],
  ['what guests are made of', hardwareAttacks],
  ['each route of the virtualization', virtualizationAttacks],
];

/** More than any attack leaves. */
const entriesOfOne = 200;
const auditedWithinMs = 5_000;

const names = families.flatMap(([, attacks]) => attacks.map(({ name }) => name));

/** What a table of attacks has to hold, by the word that names it, and rows that are of that kind. */
const kinds: Record<string, readonly string[]> = {
  'replayed proof': ['a proof that was sent before', 'a proof that was kept for later'],
  'stolen refresh token': [
    'a stolen refresh token of a terminal, at another that is enrolled',
    'a stolen refresh token of a user, at another terminal',
    'a refresh token whose successor was used',
  ],
  'ticket reuse': ['a ticket, twice', 'a ticket for the session of another'],
  'ids of other tenants': [
    'the session of another: getSession',
    'the session of another: endSession',
    'the session of another: createTicket',
    'the session of another: sessionPicture',
    'the session of another: fitScreen',
    'the desktop of another',
  ],
  CSRF: ['a call of the API by a page elsewhere', 'the form of a page elsewhere'],
  'open redirect': [
    'a link that leads elsewhere by way of the sign-in',
    'an answer of the sign-in that leads elsewhere',
    'a sign-in that leads elsewhere',
  ],
  'device code phishing': [
    'a terminal that asks for codes without end',
    'guesses at the codes of others',
    'a terminal approved whose request has another key',
  ],
  'brute force': ['guesses at a password', 'guesses at a second factor'],
  'oversized JSON': ['a body that is too large', 'a body that is too large, in chunks'],
  'deep JSON': ['JSON ten thousand levels deep'],
  'prototype pollution': [
    'a name that is the prototype of all',
    'a name that leads to the prototype of all',
  ],
  'path traversal': [
    'createPool with an image in another folder',
    'createServer with an image by its whole path',
    'openMaster with an address that leads elsewhere',
    'resetPoolDisk with an address that leads elsewhere',
    'restoreSnapshot with an address that leads elsewhere',
  ],
  'guests of others': [
    'the disk of another, by its id',
    'the console of a server, by its id',
    'the master of an image, by its id',
    'a snapshot of another server restored',
  ],
  'QMP injection': [
    'names that would be options of QEMU, or commands to it',
    'createPool with an image with an option for QEMU',
    'createServer with memory that is an option',
  ],
};

/** What is tried from where there is no request: the test, and what it is called there. */
const elsewhere: Record<string, readonly [file: string, name: string]> = {
  'downgraded TLS': ['trust.test.ts', 'does not speak %s'],
  'swapped certificate': [
    'trust.test.ts',
    'tells it nothing that it could not have asked the broker itself',
  ],
  'IPC from a foreign frame': ['../unit/main/ipc.test.ts', 'a frame within the page'],
  'a frame to send it from': ['page-confinement.test.ts', 'loads no frame'],
};

let broker: AttackedBroker;
beforeAll(async () => {
  broker = await startAttackedBroker();
});
afterAll(() => broker.end());

async function newest(): Promise<number> {
  const [last] = await broker.admin.listAudit({ limit: 1 });
  return last?.number ?? 0;
}

function isLeftBy({ audit }: Attack, event: AuditEvent): boolean {
  if (audit === null || event.outcome !== 'refused' || event.code !== audit.code) return false;
  const { action = 'request.refused', route } = audit;
  // The target is whom it was about, where that is known; what was asked for is told beside it then.
  const asked = event.detail.route ?? event.target?.id;
  return event.action === action && (route === undefined || asked === route);
}

describe.each(families)('%s', (_family, attacks) => {
  it.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_, attack) => {
    broker.forget();
    const before = await newest();
    expect(await attack.attempt(broker)).toEqual(attack.refused);
    if (attack.audit === null) return;
    const left = async () => {
      const events = await broker.admin.listAudit({ limit: entriesOfOne });
      return events.filter(({ number }) => number > before);
    };
    await until(
      'it is in the audit log',
      async () => (await left()).some((event) => isLeftBy(attack, event)),
      auditedWithinMs,
    ).catch(async (cause) => {
      // What is there instead says why.
      expect(await left()).toContainEqual(attack.audit);
      throw cause;
    });
  });
});

describe('after all that', () => {
  it('no entry of the audit log was changed, and the broker works on', async () => {
    expect(await broker.admin.verifyAudit()).toMatchObject({ sound: true, brokenAt: null });
    const { terminal } = await broker.seated();
    expect(await terminal.call('getUser')).toMatchObject({ status: 200 });
  });

  it('no attack is listed twice', () => {
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the table has rows of each kind', () => {
  it.each(Object.entries(kinds))('%s', (_kind, rows) => {
    expect(names).toEqual(expect.arrayContaining([...rows]));
  });

  it.each(Object.entries(elsewhere))('%s, in a test of its own', async (_kind, [file, name]) => {
    const text = await readFile(join(import.meta.dirname, file), 'utf8');
    expect(text).toContain(`'${name}'`);
  });
});
