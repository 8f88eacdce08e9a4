import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backUpBroker, restoreBroker } from '../../src/broker/backup/backups.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { grantTypes } from '../../src/contract/identity.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

describe.each(databases)('terminals of a broker in %s that was restored', (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  let stores: Stores;
  let databaseUrl: string | undefined;
  let broker: TestBroker;
  let terminal: HeadlessTerminal;
  let file: string;
  beforeAll(async () => {
    stores = await startStores(kind);
  });
  afterAll(() => stores.dispose());
  beforeEach(async () => {
    databaseUrl = await stores.server?.createDatabase();
    broker = await TestBroker.start({}, databaseUrl);
    terminal = await HeadlessTerminal.enroll(broker);
    file = path.join(broker.folders.dataDir, 'backup');
    await backUpBroker(place());
  });
  afterEach(async () => {
    await terminal.dispose();
    await broker.dispose();
  });

  const place = () => {
    const { dataDir } = broker.folders;
    return { dataDir, databaseUrl, file, clock: systemClock };
  };

  async function restore(): Promise<void> {
    await broker.kill();
    await restoreBroker({ ...place(), replace: true });
    await broker.restart();
  }

  /** Has it use one refresh token after the other. */
  async function renew(times: number): Promise<void> {
    const { ownTokens } = terminal.enrolled;
    for (let time = 0; time < times; time += 1) {
      await ownTokens.anotherThan(await ownTokens.accessToken());
    }
  }

  const ask = () => terminal.client.call('getTerminal', {});
  const recoveries = async () => {
    const query = { action: 'terminal.recovered' } as const;
    return (await broker.admin((admin) => admin.listAudit(query))).length;
  };

  it('go on with their keys, though it does not know their tokens', async () => {
    await renew(2);
    await restore();
    expect(await ask()).toMatchObject({ name: 'Headless' });
    await renew(3);
    expect(await ask()).toMatchObject({ name: 'Headless' });
    expect(await recoveries()).toBe(1);
    expect(await broker.admin((admin) => admin.verifyAudit())).toMatchObject({ sound: true });
  });

  it('may ask again for as long as no answer arrived, and not after', async () => {
    await renew(2);
    await restore();
    const { oauth } = terminal.enrolled;
    const recover = () => oauth.extensionGrant(grantTypes.recover, {}, {});
    await recover();
    const { refreshToken } = await recover();
    await oauth.refresh(refreshToken, 'not-signed-in');
    await expect(recover()).rejects.toMatchObject({ code: 'terminal-unknown' });
    expect(await recoveries()).toBe(2);
  });

  it('do so again after another restore', async () => {
    await renew(2);
    await restore();
    await renew(2);
    await restore();
    await renew(2);
    expect(await ask()).toMatchObject({ name: 'Headless' });
  });

  it('are told outright when they were revoked, or enrolled since', async () => {
    await renew(2);
    await restore();
    await broker.admin((admin) => admin.revokeTerminal('Headless'));
    await expect(renew(1)).rejects.toMatchObject({ code: 'terminal-unknown' });
    const later = await HeadlessTerminal.enroll(broker, 'Later');
    const recover = later.enrolled.oauth.extensionGrant(grantTypes.recover, {}, {});
    await expect(recover).rejects.toMatchObject({ code: 'terminal-unknown' });
    await later.dispose();
  });

  it('have nothing to recover where nothing was restored', async () => {
    const recover = terminal.enrolled.oauth.extensionGrant(grantTypes.recover, {}, {});
    await expect(recover).rejects.toMatchObject({ code: 'terminal-unknown' });
    expect(await ask()).toMatchObject({ name: 'Headless' });
  });
});
