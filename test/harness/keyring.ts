import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { until } from '../fakes/until.ts';
import { firstLine } from './first-line.ts';

/** A session bus with an unlocked gnome-keyring on it, apart from the user's own. */
export type Keyring = AsyncDisposable & {
  readonly env: Record<string, string>;
  /** As the system does when the screen is locked; nobody is there to unlock it again. */
  lock(): Promise<void>;
};

export async function startKeyring(): Promise<Keyring> {
  const home = await mkdtemp(path.join(tmpdir(), 'keyring-'));
  const dirs = { XDG_DATA_HOME: path.join(home, 'data'), XDG_RUNTIME_DIR: path.join(home, 'run') };
  await mkdir(dirs.XDG_DATA_HOME, { recursive: true });
  await mkdir(dirs.XDG_RUNTIME_DIR, { mode: 0o700 });

  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...withoutDisplay(process.env), ...dirs },
  });
  const env = { ...dirs, DBUS_SESSION_BUS_ADDRESS: await firstLine(bus.stdout) };

  const daemon = spawn(
    'gnome-keyring-daemon',
    ['--foreground', '--unlock', '--components=secrets'],
    { stdio: ['pipe', 'ignore', 'ignore'], env: { ...withoutDisplay(process.env), ...env } },
  );
  daemon.stdin.end('the password of a keyring that lives as long as this test');
  // The daemon says nothing; the bus knows when the service is there.
  const owner = ['org.freedesktop.DBus.GetNameOwner', 'string:org.freedesktop.secrets'];
  const isThere = () => send(env, 'org.freedesktop.DBus', '/org/freedesktop/DBus', ...owner);
  await until('the secret service is on the bus', isThere);

  return {
    env,
    async lock() {
      const collection = 'array:objpath:/org/freedesktop/secrets/collection/login';
      const call = ['org.freedesktop.Secret.Service.Lock', collection];
      await send(env, 'org.freedesktop.secrets', '/org/freedesktop/secrets', ...call);
    },
    async dispose() {
      for (const child of [daemon, bus]) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill();
        await once(child, 'exit');
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A keyring that finds a display asks there for its password, and waits for a person to answer. */
function withoutDisplay({
  DISPLAY,
  WAYLAND_DISPLAY,
  ...env
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env;
}

/** Calls a method on the bus. @returns whether it was answered */
async function send(
  env: Record<string, string>,
  service: string,
  path: string,
  ...call: string[]
): Promise<boolean> {
  const caller = spawn(
    'dbus-send',
    ['--session', '--print-reply', `--dest=${service}`, path, ...call],
    {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    },
  );
  const [code] = await once(caller, 'exit');
  return code === 0;
}
