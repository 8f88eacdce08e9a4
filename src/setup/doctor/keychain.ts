import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../desktops/command.ts';
import type { Finding } from './check.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A keychain that asks its person to unlock it counts as there, so this need not be long. */
const answerLimitMs = 6_000;

/**
 * Whether the terminal can keep its secret in the keychain: a session bus, a Secret Service on it,
 * and keytar able to reach that. Asked in a process of its own, since a native module that hangs
 * takes its process with it.
 */
export async function probeKeychain(env: Env): Promise<Finding> {
  if (process.platform === 'linux' && !hasSessionBus(env)) {
    return { ok: false, found: 'no D-Bus session bus: DBUS_SESSION_BUS_ADDRESS is not set' };
  }
  const script = fileURLToPath(new URL('keychain-question.mjs', import.meta.url));
  const { exitCode, stdout, stderr } = await runCommand(process.execPath, [script], {
    env: { ...env },
    timeoutMs: answerLimitMs,
  });
  if (exitCode === 0) return { ok: true, found: stdout.trim() };
  if (exitCode === null) return { ok: false, found: 'the keychain does not answer; is it locked?' };
  return { ok: false, found: stderr.trim().split('\n').at(-1) ?? 'the keychain cannot be used' };
}

function hasSessionBus(env: Env): boolean {
  if (env.DBUS_SESSION_BUS_ADDRESS) return !env.DBUS_SESSION_BUS_ADDRESS.startsWith('disabled');
  return env.XDG_RUNTIME_DIR !== undefined && existsSync(join(env.XDG_RUNTIME_DIR, 'bus'));
}
