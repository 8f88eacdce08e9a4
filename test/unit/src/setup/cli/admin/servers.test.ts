import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openAdmin } from '../../../../../../src/broker/admin.ts';
import { serverCommand } from '../../../../../../src/setup/cli/admin/servers.ts';
import { FakeClock } from '../../../../../fakes/fake-clock.ts';
import { storeImage } from '../../../desktops/images/manifests.ts';

it('a virtual server keeps its network, unless the command takes it away', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'server-command-'));
  const admin = await openAdmin({ dataDir, cacheDir: dataDir, clock: new FakeClock() });
  onTestFinished(async () => {
    await admin.close();
    rmSync(dataDir, { recursive: true });
  });
  await storeImage(join(dataDir, 'images'), { name: 'mail' });
  await admin.addServer({ name: 'Mail', image: 'mail', autostart: false });
  const change = async (...options: string[]) => {
    const command = serverCommand({ withAdmin: (work) => work(admin), stdout: process.stdout });
    await command.parseAsync(['change', 'Mail', ...options], { from: 'user' });
    return (await admin.listServers())[0]?.network;
  };
  const allowed = { kind: 'allowed', destinations: ['mail.example:587'] };
  expect(await change('--allow', 'mail.example:587')).toEqual(allowed);
  expect(await change('--memory', '512')).toEqual(allowed);
  expect(await change('--no-allow')).toEqual({ kind: 'none' });
});
