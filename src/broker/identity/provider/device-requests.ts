import type { IncomingMessage } from 'node:http';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import type { Clock } from '../../../contract/clock.ts';
import { CodedError } from '../../../contract/errors.ts';
import {
  deviceRequestSchema,
  terminalIdSchema,
  terminalNameSchema,
} from '../../../contract/identity.ts';
import type { Database } from '../../store/store.ts';
import type { ProofVerifier } from '../dpop.ts';

/** Who asks to be enrolled, kept with the device code. `jkt` is the thumbprint of its key. */
export const deviceInfoSchema = z.strictObject({
  ...deviceRequestSchema.shape,
  // Already trimmed; as the contract has it otherwise.
  device_name: terminalNameSchema,
  jkt: terminalIdSchema,
  address: z.string(),
});
export type DeviceInfo = z.infer<typeof deviceInfoSchema>;

export const deviceFields = Object.keys(deviceRequestSchema.shape);

export type DeviceRequests = {
  /**
   * To be called before oidc-provider sees a device authorization request: it does not look for a
   * proof there, and so would not bind the code to a key (draft-parecki-oauth-dpop-device-flow).
   * @throws proof-invalid, proof-nonce-needed; too-many-requests when too many wait already
   */
  admit(request: DeviceRequest): Promise<void>;
  /** What is known of an admitted request. */
  infoOf(ctx: KoaContextWithOIDC): DeviceInfo;
};

export type DeviceRequest = {
  raw: IncomingMessage;
  path: string;
  proof: string | undefined;
  /** Network address of the terminal, which it may share with many behind one router. */
  address: string;
};

/** A code is one of 20^8, and good for ten minutes: with so few waiting, guessing one is hopeless. */
const mostWaiting = { atAddress: 100, altogether: 1_000 };

type Deps = { db: Database; clock: Clock; proofs: ProofVerifier };

export function createDeviceRequests({ db, clock, proofs }: Deps): DeviceRequests {
  const admitted = new WeakMap<IncomingMessage, { jkt: string; address: string }>();

  async function assertRoom(address: string): Promise<void> {
    const waiting = await db
      .selectFrom('oidc_artifacts')
      .select('payload')
      .where('model', '=', 'DeviceCode')
      .where('consumed_at', 'is', null)
      .where('expires_at', '>', clock.now())
      .limit(mostWaiting.altogether)
      .execute();
    const fromThere = waiting.filter(({ payload }) => addressIn(payload) === address);
    const full =
      waiting.length >= mostWaiting.altogether || fromThere.length >= mostWaiting.atAddress;
    if (full) throw new CodedError('too-many-requests', { retryAfterSeconds: 60 });
  }

  return {
    admit: async ({ raw, path, proof, address }) => {
      const jkt = await proofs.verify({ method: 'POST', path, proof, token: null });
      await assertRoom(address);
      admitted.set(raw, { jkt, address });
    },

    infoOf: (ctx) => {
      const known = admitted.get(ctx.req);
      if (known === undefined) throw new errors.InvalidDpopProof('DPoP proof JWT not provided');
      const { params = {} } = ctx.oidc;
      const fields = Object.fromEntries(deviceFields.map((name) => [name, params[name]]));
      const parsed = deviceRequestSchema.safeParse(fields);
      if (parsed.success) return { ...parsed.data, ...known };
      const [issue] = parsed.error.issues;
      throw new errors.InvalidRequest(`${issue?.path.join('.')}: ${issue?.message}`);
    },
  };
}

const payloadSchema = z.object({ deviceInfo: z.object({ address: z.string() }) });

function addressIn(payload: string): string | null {
  return payloadSchema.safeParse(JSON.parse(payload)).data?.deviceInfo.address ?? null;
}
