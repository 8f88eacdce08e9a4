import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../../../src/broker/tls/authority.ts';
import {
  probeBrokerCertificate,
  shownCertificate,
} from '../../../../../src/setup/doctor/broker-certificate.ts';

const now = Date.UTC(2026, 0, 1);
const day = 24 * 60 * 60 * 1000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('tells until when a certificate is good, and wants two more weeks', async () => {
  const file = join(folder, 'server.pem');
  const { chain } = await issueCertificate(await createAuthority(now), ['127.0.0.1'], now);
  writeFileSync(file, chain);
  expect(await probeBrokerCertificate(file, now)).toEqual({
    ok: true,
    found: `${file}, until 2026-04-01`,
  });
  expect((await probeBrokerCertificate(file, now + 80 * day)).ok).toBe(false);
});

it('looks at the certificate that was given before the own one', () => {
  const dataDir = '/data';
  expect(shownCertificate({ dataDir, tls: {} })).toBe('/data/keys/server.pem');
  expect(shownCertificate({ dataDir, tls: { cert: '/given.pem' } })).toBe('/given.pem');
});
