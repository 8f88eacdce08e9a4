import { app, dialog, protocol } from 'electron';
import { CodedError, problem } from '../src/contract/errors.ts';
import { startApp } from './app.ts';
import { appSchemePrivileges } from './app-protocol.ts';
import { type Config, readConfig } from './config.ts';
import { ephemeralSwitches } from './ephemeral-switches.ts';
import { Lifecycle } from './lifecycle.ts';
import { createLog } from './log.ts';
import { currentUser } from './trusted-file.ts';

const log = createLog(
  (line) => process.stderr.write(line),
  () => new Date(),
);
// Whoever reads the log may end before the terminal does, which is no reason to end too.
process.stderr.on('error', () => undefined);
// After a fault that nobody caught nothing is certain any more: Electron would ask, and go on.
process.on('uncaughtException', fail);

main().catch(fail);

async function main(): Promise<void> {
  const config = readConfig({
    argv: process.argv.slice(1),
    env: process.env,
    platform: process.platform,
    user: currentUser(),
  });
  beforeReady(config);
  const lifecycle = new Lifecycle(app);
  if (!lifecycle.claim()) return app.quit();
  await app.whenReady();
  await startApp({ config, lifecycle, log });
}

/** What Electron heeds only before it is ready. */
function beforeReady({ sandboxed, userData }: Config): void {
  // Takes Chromium's --no-sandbox back, without which nothing starts as root on Linux.
  if (sandboxed) app.enableSandbox();
  else log({ level: 'warn', message: 'the sandbox of Chromium is off' });
  if (userData !== null) app.setPath('userData', userData);
  for (const [name, { value }] of Object.entries(ephemeralSwitches)) {
    app.commandLine.appendSwitch(name, value);
  }
  protocol.registerSchemesAsPrivileged([appSchemePrivileges]);
}

/** There is no page to show it on, so it is told in a box of the system, and in the log. */
function fail(error: unknown): void {
  const told = error instanceof CodedError ? error.problem : problem('internal-error');
  log({ level: 'error', message: 'cannot go on', code: told.code, error });
  // A box waits for somebody to close it; where pictures are taken, nobody is there.
  if (!process.argv.some((argument) => argument.startsWith('--screenshots'))) {
    const text = [told.message, told.detail, told.remedy].filter(Boolean).join('\n\n');
    dialog.showErrorBox('Porthole', text);
  }
  app.exit(2);
}
