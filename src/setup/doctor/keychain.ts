import { fileURLToPath } from 'node:url';
import { hasSessionBus } from '../../../main/vault/session-bus.ts';
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
  if (process.platform === 'linux' && !(await hasSessionBus(env))) {
    return { ok: false, found: noBus(env) };
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

function noBus({ DBUS_SESSION_BUS_ADDRESS: address }: Env): string {
  return address
    ? `no D-Bus session bus: nothing listens at ${address}`
    : 'no D-Bus session bus: DBUS_SESSION_BUS_ADDRESS is not set';
}
