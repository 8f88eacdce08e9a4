import { connect } from 'node:net';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Whether something listens at the address of the session bus (D-Bus specification, "Addresses"). */
export async function hasSessionBus(env: Env): Promise<boolean> {
  const address = env.DBUS_SESSION_BUS_ADDRESS;
  if (address) {
    const path = /^unix:(?:[^,;]*,)*path=([^,;]+)/.exec(address)?.[1];
    if (path !== undefined) return isListening(decodeURIComponent(path));
    // Other transports are not looked at, and taken to lead somewhere if they are transports.
    return /^(unix|tcp|nonce-tcp|unixexec|autolaunch|launchd):/.test(address);
  }
  return env.XDG_RUNTIME_DIR ? isListening(join(env.XDG_RUNTIME_DIR, 'bus')) : false;
}

/** Whether somebody takes connections to a Unix socket. */
export function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
