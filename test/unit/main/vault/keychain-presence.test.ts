import { describe, expect, it } from 'vitest';
import { isKeychainThere } from '../../../../main/vault/keychain-presence.ts';
import type { Keychain } from '../../../../main/vault/keytar.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

const never = () => new Promise<never>(() => undefined);

function keychainThat(getPassword: Keychain['getPassword']): Keychain {
  return { getPassword, setPassword: never, deletePassword: never };
}

const ask = (
  load: () => Promise<Keychain>,
  env: Record<string, string> = { DBUS_SESSION_BUS_ADDRESS: 'tcp:host=localhost,port=1' },
  platform: NodeJS.Platform = 'linux',
) => isKeychainThere({ load, env, platform, clock: new FakeClock() });

const saying = (message: string) => async () =>
  keychainThat(() => Promise.reject(new Error(message)));

it('is there when it answers', async () => {
  expect(await ask(async () => keychainThat(async () => null))).toBe(true);
});

it('is always there where systems have one', async () => {
  expect(await ask(() => Promise.reject(new Error('asked')), {}, 'darwin')).toBe(true);
  expect(await ask(() => Promise.reject(new Error('asked')), {}, 'win32')).toBe(true);
});

it('is there when it asks its person for something', async () => {
  const clock = new FakeClock();
  const load = async () => keychainThat(never);
  const asked = isKeychainThere({
    load,
    env: { DBUS_SESSION_BUS_ADDRESS: 'tcp:host=localhost,port=1' },
    platform: 'linux',
    clock,
  });
  await new Promise((resolve) => setImmediate(resolve));
  clock.pass(3_000);
  expect(await asked).toBe(true);
});

describe('is absent', () => {
  it('when its library does not load', async () => {
    expect(await ask(() => Promise.reject(new Error('libsecret-1.so.0')))).toBe(false);
  });

  it.each([
    'The name org.freedesktop.secrets was not provided by any .service files',
    'The name is not activatable',
  ])('when the bus says "%s"', async (message) => {
    expect(await ask(saying(message))).toBe(false);
  });

  it.each<[string, Record<string, string>]>([
    ['there is no session bus', {}],
    ['nobody listens there', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }],
    ['nobody listens at the usual place', { XDG_RUNTIME_DIR: '/nonexistent' }],
    ['the address makes no sense', { DBUS_SESSION_BUS_ADDRESS: 'nonsense' }],
    ['the bus is turned off', { DBUS_SESSION_BUS_ADDRESS: 'disabled:' }],
  ])('when it fails and %s', async (_why, env) => {
    expect(await ask(saying('cannot connect'), env)).toBe(false);
  });
});

it.each(['Cannot create an item in a locked collection', 'prompt dismissed', 'anything else'])(
  'is there, since a bus is, when it fails with "%s"',
  async (message) => {
    expect(await ask(saying(message))).toBe(true);
  },
);
