import { describe, expect, it } from 'vitest';
import { type ConfigInput, originsOf, parseConfig } from '../../../../src/broker/config.ts';
import { defaultFolders } from '../../../../src/broker/folders.ts';

const folders = { dataDir: '/data', runtimeDir: '/run/p', cacheDir: '/cache' };
const tls = { cert: '/cert.pem', key: '/key.pem' };

describe('the configuration', () => {
  it('has a sensible value for everything left out', () => {
    expect(parseConfig({}, folders)).toEqual({
      host: '127.0.0.1',
      port: 7600,
      publicOrigins: [],
      streamOrigins: ['porthole://app'],
      trustedProxies: [],
      tls: null,
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
    ['other machines without TLS', { host: '192.0.2.1' }, 'host'],
    ['a name without TLS', { host: 'broker.example' }, 'host'],
    ['every address without saying how to reach it', { host: '0.0.0.0', tls }, 'publicOrigins'],
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
    [{}, ['http://127.0.0.1:7600', 'http://localhost:7600', 'http://[::1]:7600']],
    [{ host: '::1' }, ['http://127.0.0.1:7600', 'http://localhost:7600', 'http://[::1]:7600']],
    [{ host: 'b.example', tls }, ['https://b.example:7600']],
    [
      { host: '0.0.0.0', tls, publicOrigins: ['https://b.example'] },
      ['https://b.example', 'https://0.0.0.0:7600'],
    ],
  ])('%j is reached at %j', (input, origins) => {
    const config = parseConfig(input, folders);
    expect([...originsOf(config, config.port)]).toEqual(origins);
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
