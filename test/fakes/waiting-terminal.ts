import { randomUUID } from 'node:crypto';
import type { PagesBroker } from './pages-broker.ts';

/** A terminal that waits to be enrolled by this code, as oidc-provider would have written it down. */
export async function addWaitingTerminal(
  { clock, db }: PagesBroker,
  { code, terminalId }: { code: string; terminalId: string },
): Promise<void> {
  const now = clock.now();
  const payload = {
    kind: 'DeviceCode',
    userCode: code,
    clientId: 'porthole-terminal',
    params: { client_id: 'porthole-terminal', scope: 'terminal' },
    deviceInfo: {
      jkt: terminalId,
      address: '192.0.2.44',
      device_name: 'Reception <1>',
      device_model: 'ThinkCentre M70q',
      device_version: '1.2.3',
      device_vault: 'keychain',
    },
    iat: Math.floor(now / 1000),
    exp: Math.floor(now / 1000) + 600,
  };
  await db
    .insertInto('oidc_artifacts')
    .values({
      model: 'DeviceCode',
      id: randomUUID(),
      payload: JSON.stringify(payload),
      grant_id: null,
      user_code: code,
      uid: null,
      created_at: now,
      expires_at: now + 600_000,
      consumed_at: null,
    })
    .execute();
}
