import { describe, expect, it } from 'vitest';
import { isInward } from '../../../../../src/desktops/network/addresses.ts';
import { AllowList, parseAuthority } from '../../../../../src/desktops/network/destinations.ts';
import { parseTarget } from '../../../../../src/desktops/network/forwarding.ts';
import { Gate } from '../../../../../src/desktops/network/gate.ts';

describe('an address', () => {
  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254'],
    ...[
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1'],
    ...['64:ff9b::7f00:1', '2002:7f00:1::', 'fc00::1', 'fd12::1', 'fe80::1', 'ff02::1', 'name'],
  ])('%s leads inwards', (address) => {
    expect(isInward(address, new Set())).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '193.0.0.1',
    '2606:4700::1111',
    '::ffff:1.1.1.1',
  ])('%s leads outwards', (address) => expect(isInward(address, new Set())).toBe(false));

  it('of the host itself leads inwards', () => {
    expect(isInward('1.1.1.1', new Set(['1.1.1.1']))).toBe(true);
  });
});

describe('a destination', () => {
  it('is a host and a port', () => {
    expect(parseAuthority('Intranet.Example.:443')).toEqual({
      host: 'intranet.example',
      port: 443,
    });
    for (const text of [
      ...[
        'a.example',
        ':443',
        '.:443',
        'a.example:0',
        'a.example:65536',
        'a.example:443/',
        'a@b:1',
      ],
      ...['[::1]:443', 'a b:1', 'a.example:443:443', 'http://a.example:80', `${'a'.repeat(255)}:1`],
    ]) {
      expect(parseAuthority(text), text).toBeNull();
    }
  });

  it('of a plain request is what the request line says', () => {
    expect(parseTarget('http://A.Example./x?y#z')).toEqual({
      ...{ host: 'a.example', port: 80, path: '/x?y', authority: 'a.example.' },
    });
    expect(parseTarget('http://2130706433:8080/')).toMatchObject({ host: '127.0.0.1', port: 8080 });
    for (const url of [
      '/',
      '*',
      'https://a.example/',
      'http://a:b@c.example/',
      'ftp://a/',
      'http://',
    ]) {
      expect(parseTarget(url), url).toBeNull();
    }
  });

  it('is on the list by name, or by a domain above', () => {
    const list = new AllowList(['a.example:443', '*.b.example:443', '*.1:80']);
    const has = (text: string) => list.has(parseAuthority(text) ?? expect.unreachable());
    for (const text of ['a.example:443', 'x.b.example:443', 'y.x.b.example:443']) {
      expect(has(text), text).toBe(true);
    }
    for (const text of [
      ...['a.example:80', 'x.a.example:443', 'b.example:443', 'xb.example:443'],
      ...['a.example.evil.example:443', '127.0.0.1:80'],
    ]) {
      expect(has(text), text).toBe(false);
    }
  });
});

describe('a gate', () => {
  const names: Record<string, string[]> = {
    'public.example': ['203.0.113.5'],
    'rebound.example': ['127.0.0.1'],
    'mixed.example': ['10.0.0.1', '203.0.113.6'],
    'intranet.example': ['10.0.0.7'],
  };
  let asked: string[] = [];

  function judge(destinations: string[], text: string) {
    asked = [];
    const gate = new Gate(destinations, {
      lookup: async (host) => {
        asked.push(host);
        return names[host] ?? Promise.reject(new Error('ENOTFOUND'));
      },
      own: () => new Set(),
    });
    return gate.judge(parseAuthority(text) ?? expect.unreachable());
  }

  it('resolves a name once, and gives the address to connect to', async () => {
    const verdict = await judge(['public.example:443'], 'public.example:443');
    expect(verdict).toEqual({ kind: 'allowed', address: '203.0.113.5' });
    expect(asked).toEqual(['public.example']);
  });

  it('asks no name server for what is not listed', async () => {
    expect(await judge([], 'secrets-in-a-name.evil.example:443')).toMatchObject({
      kind: 'refused',
    });
    expect(asked).toEqual([]);
  });

  it('lets no name lead inwards', async () => {
    expect(await judge(['rebound.example:80'], 'rebound.example:80')).toEqual({
      kind: 'refused',
      reason:
        'rebound.example leads to 127.0.0.1, an inner address, and 127.0.0.1:80 is not listed',
    });
    expect(await judge(['mixed.example:80'], 'mixed.example:80')).toEqual({
      ...{ kind: 'allowed', address: '203.0.113.6' },
    });
  });

  it('lets a name lead to an inner address that is listed, at that port', async () => {
    const listed = ['intranet.example:443', '10.0.0.7:443'];
    expect(await judge(listed, 'intranet.example:443')).toMatchObject({ kind: 'allowed' });
    expect(await judge(listed, '10.0.0.7:443')).toEqual({ kind: 'allowed', address: '10.0.0.7' });
    const other = ['intranet.example:80', '10.0.0.7:443'];
    expect(await judge(other, 'intranet.example:80')).toMatchObject({ kind: 'refused' });
  });

  it('knows when there is no such host', async () => {
    expect(await judge(['gone.example:80'], 'gone.example:80')).toEqual({ kind: 'unknown' });
  });
});
