import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, startKeyring } from '../harness/keyring.ts';
import { identity } from '../unit/main/vault/identity.ts';

const script = join(import.meta.dirname, '../harness/vault-process.ts');
const run = promisify(execFile);

/** Each in a process of its own, as before and after a restart of the terminal. */
async function vault(env: Record<string, string>, ...args: string[]): Promise<unknown> {
  const { DBUS_SESSION_BUS_ADDRESS: _own, DISPLAY: _display, ...rest } = process.env;
  const options = { env: { ...rest, ...env }, timeout: 20_000 };
  const { stdout } = await run(process.execPath, [script, ...args], options);
  return JSON.parse(stdout);
}

describe('with an unlocked keyring', () => {
  let keyring: Keyring;
  beforeAll(async () => {
    keyring = await startKeyring();
  });
  afterAll(() => keyring?.dispose());

  it('keeps an identity from one process to the next until it is erased', async () => {
    expect(await vault(keyring.env, 'read')).toEqual({ value: null });
    expect(await vault(keyring.env, 'write', JSON.stringify(identity))).toEqual({ value: null });
    expect(await vault(keyring.env, 'read')).toEqual({ value: identity });
    expect(await vault(keyring.env, 'erase')).toEqual({ value: null });
    expect(await vault(keyring.env, 'read')).toEqual({ value: null });
  });

  it('reports a damaged entry, sets it aside and takes a new one', async () => {
    await vault(keyring.env, 'damage', '{"broker":');
    expect(await vault(keyring.env, 'read')).toMatchObject({ code: 'vault-damaged' });
    expect(await vault(keyring.env, 'set-aside')).toEqual({ value: '{"broker":' });
    await vault(keyring.env, 'write', JSON.stringify(identity));
    expect(await vault(keyring.env, 'read')).toEqual({ value: identity });
  });
});

describe('with a keyring that is locked, and nobody to unlock it', () => {
  let keyring: Keyring;
  beforeAll(async () => {
    keyring = await startKeyring();
    await vault(keyring.env, 'write', JSON.stringify(identity));
    await keyring.lock();
  });
  afterAll(() => keyring?.dispose());

  it.each(['read', 'erase'])('%s does not take it for empty', async (operation) => {
    expect(await vault(keyring.env, operation)).toMatchObject({ code: 'vault-unavailable' });
  });

  it('write says so too', async () => {
    expect(await vault(keyring.env, 'write', JSON.stringify(identity))).toMatchObject({
      code: 'vault-unavailable',
    });
  });
});

describe('without a keychain', () => {
  /** What `env` has instead of a session bus. */
  const absent = {
    'there is no session bus': { XDG_RUNTIME_DIR: '/nonexistent' },
    'the session bus is gone': { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' },
    'the address makes no sense': { DBUS_SESSION_BUS_ADDRESS: 'nonsense' },
  };
  it.each(Object.entries(absent))('says so at once when %s', async (_why, env) => {
    const startedAt = performance.now();
    expect(await vault(env, 'read')).toMatchObject({
      code: 'vault-unavailable',
      detail: expect.stringMatching(/./),
    });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
