import { describe, expect, it } from 'vitest';
import { type ConfigInput, originsOf, parseConfig } from '../../../../src/broker/config.ts';
import { defaultFolders } from '../../../../src/broker/folders.ts';

const folders = { dataDir: '/data', runtimeDir: '/run/p', cacheDir: '/cache' };
const machine = { hostname: 'machine', addresses: ['192.0.2.7', '2001:db8::7'] };
const loopback = ['https://127.0.0.1:7600', 'https://[::1]:7600', 'https://localhost:7600'];

describe('the configuration', () => {
  it('has a sensible value for everything left out', () => {
    expect(parseConfig({}, folders)).toEqual({
      host: '127.0.0.1',
      port: 7600,
      publicOrigins: [],
      streamOrigins: ['porthole://app'],
      trustedProxies: [],
      names: [],
      overcommit: { memory: 2, cpu: 16 },
      keyboard: 'us',
      tls: { anchors: [] },
      identityProviders: [],
      auditDays: 365,
      sessionDays: 90,
      limits: {
        idleSeconds: 1800,
        sessionSeconds: 43_200,
        resumeSeconds: 120,
        signInSeconds: 43_200,
        bootTimeoutSeconds: 60,
        maxSessions: 64,
      },
      ...folders,
    });
  });

  it.each<[string, unknown, string]>([
    ['a text', 'x', 'expected object'],
    ['a field that does not exist', { prot: 1 }, 'prot'],
    ['a port that is none', { port: 65_536 }, 'port'],
    ['a limit of nothing', { limits: { idleSeconds: 0 } }, 'limits.idleSeconds'],
    ['an address that is none', { host: 'no host' }, 'host'],
    ['a name with a scheme', { names: ['https://broker.example'] }, 'names.0'],
    ['an origin without TLS', { publicOrigins: ['http://a.example'] }, 'publicOrigins.0'],
    ['an anchor that is no digest', { tls: { anchors: ['x'] } }, 'tls.anchors.0'],
    ['a proxy by its name', { trustedProxies: ['proxy.example'] }, 'trustedProxies.0'],
    ['an origin with a path', { publicOrigins: ['https://a.example/x'] }, 'publicOrigins.0'],
    ['a certificate without a key', { tls: { cert: 'x' } }, 'tls.key'],
  ])('is refused with %s, naming the field', (_, input, field) => {
    expect(() => parseConfig(input, folders)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        detail: expect.stringContaining(field),
      }),
    );
  });

  it.each<[ConfigInput, string[]]>([
    [{}, loopback],
    [{ host: '::1' }, ['https://[::1]:7600', 'https://127.0.0.1:7600', 'https://localhost:7600']],
    [{ names: ['b.example'] }, [...loopback, 'https://b.example:7600']],
    [{ host: 'b.example', port: 443 }, ['https://b.example', 'https://localhost']],
    [
      { host: '0.0.0.0', publicOrigins: ['https://b.example'] },
      [
        'https://b.example',
        'https://machine:7600',
        'https://192.0.2.7:7600',
        'https://[2001:db8::7]:7600',
        ...loopback,
      ],
    ],
  ])('%j is reached at %j', (input, expected) => {
    const config = parseConfig(input, folders);
    const origins = originsOf(config, config.port, machine);
    expect([...origins]).toEqual(expect.arrayContaining(expected));
  });
});

describe('the folders', () => {
  it('follow the XDG base directories', () => {
    const env = { XDG_DATA_HOME: '/d', XDG_CACHE_HOME: '/c', XDG_RUNTIME_DIR: '/r' };
    expect(defaultFolders(env, 0)).toEqual({
      dataDir: '/d/porthole/broker',
      cacheDir: '/c/porthole',
      runtimeDir: '/r/porthole',
    });
    expect(defaultFolders({ HOME: '/home/ada' }, 1000)).toEqual({
      dataDir: '/home/ada/.local/share/porthole/broker',
      cacheDir: '/home/ada/.cache/porthole',
      runtimeDir: expect.stringMatching(/\/porthole-1000\/porthole$/),
    });
  });
});
