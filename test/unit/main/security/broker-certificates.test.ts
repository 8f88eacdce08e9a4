import { beforeAll, describe, expect, it } from 'vitest';
import { chainDigests, faultIn } from '../../../../main/security/broker-certificates.ts';
import {
  type Authority,
  createAuthority,
  issueCertificate,
} from '../../../../src/broker/tls/authority.ts';
import { digestOf, readChain } from '../../../../src/broker/tls/chain.ts';

const now = Date.UTC(2026, 0, 1);
const day = 24 * 60 * 60 * 1000;

let authority: Authority;
let chain: string[];
beforeAll(async () => {
  authority = await createAuthority(now);
  chain = await issue(authority);
});

async function issue(by: Authority): Promise<string[]> {
  const names = ['127.0.0.1', '::1', 'broker.example'];
  const { chain: pem } = await issueCertificate(by, names, now);
  return readChain(pem).map(String);
}

const digestsOf = (pems: readonly string[]) => pems.flatMap(readChain).map(digestOf);

describe('the chain of a broker', () => {
  it.each(['broker.example', '127.0.0.1', '::1', '[::1]'])('holds for %s', (host) => {
    expect(chainDigests(chain, host, now)).toEqual(digestsOf(chain));
  });

  it.each<[string, string, number]>([
    ['another host', 'other.example', now],
    ['a name below its own', 'a.broker.example', now],
    ['another address', '127.0.0.2', now],
    ['a time after it', 'broker.example', now + 91 * day],
    ['a time before it', 'broker.example', now - 2 * day],
  ])('is none for %s', (_, host, at) => {
    expect(chainDigests(chain, host, at)).toEqual([]);
  });

  it('ends where the next did not sign it', async () => {
    const other = await createAuthority(now);
    const [leaf = ''] = chain;
    const shown = chainDigests([leaf, other.certificate], 'broker.example', now);
    expect(shown).toEqual(digestsOf([leaf]));
  });

  it('ends where one is no authority', async () => {
    const [leaf = ''] = chain;
    // The holder of a certificate issues another with its key.
    const { chain: pem, key } = await issueCertificate(authority, ['holder.example'], now);
    const [holder = ''] = readChain(pem).map(String);
    const [forged = ''] = await issue({ certificate: holder, key });
    const shown = chainDigests([forged, holder, authority.certificate], 'broker.example', now);
    expect(shown).toEqual(digestsOf([forged]));
    expect(shown).not.toEqual(digestsOf([leaf]));
  });

  it.each([
    ['nothing', []],
    ['what is no certificate', ['x']],
  ])('is none of %s', (_, shown) => {
    expect(chainDigests(shown, 'broker.example', now)).toEqual([]);
  });
});

describe('what else is wrong with a chain', () => {
  it.each<[string, string, number, string]>([
    ['another host', 'other.example', now, 'broker-name-wrong'],
    ['a time after it', 'broker.example', now + 91 * day, 'broker-certificate-expired'],
    ['a time before it', 'broker.example', now - 2 * day, 'broker-certificate-expired'],
    ['another host and time', 'other.example', now + 91 * day, 'broker-name-wrong'],
  ])('is told: %s', (_, host, at, code) => {
    expect(faultIn(chain, host, at)).toEqual({ code, chain: digestsOf(chain) });
  });

  it('is nothing where it is right, or signed by nobody', async () => {
    expect(faultIn(chain, 'broker.example', now)).toBeNull();
    const other = await createAuthority(now);
    const [leaf = ''] = chain;
    expect(faultIn([leaf, other.certificate], 'broker.example', now)).toBeNull();
  });
});
