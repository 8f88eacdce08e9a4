import type { IncomingMessage } from 'node:http';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import type { Clock } from '../../../contract/clock.ts';
import { CodedError } from '../../../contract/errors.ts';
import {
  type DeviceRequest as DeviceFields,
  deviceRequestSchema,
  terminalIdSchema,
  terminalNameSchema,
} from '../../../contract/identity.ts';
import { doneBy } from '../../access/audit-entry.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { ProofVerifier } from '../dpop.ts';
import { createThrottle } from '../throttle.ts';
import type { Artifacts } from './artifacts.ts';
import { deviceCodeSeconds } from './lifetimes.ts';

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

/** What a terminal says of itself. @throws InvalidRequest */
export function deviceIn(params: Readonly<Record<string, unknown>>): DeviceFields {
  const fields = Object.fromEntries(deviceFields.map((name) => [name, params[name]]));
  const parsed = deviceRequestSchema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new errors.InvalidRequest(`${issue?.path.join('.')}: ${issue?.message}`);
}

export type DeviceRequests = {
  /**
   * To be called before oidc-provider sees a device authorization request: it does not look for a
   * proof there, and so would not bind the code to a key (draft-parecki-oauth-dpop-device-flow).
   * @throws proof-invalid, proof-nonce-needed; too-many-requests when too many wait already
   */
  admit(request: DeviceRequest): Promise<void>;
  /** What is known of an admitted request. */
  infoOf(ctx: KoaContextWithOIDC): DeviceInfo;
  /** To be called once an admitted request has its code, which is the only one of its terminal. */
  made(ctx: KoaContextWithOIDC): Promise<void>;
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

/** A whole room of terminals may be set up at once; whoever goes on and on is slowed down. */
const requestLimits = {
  free: 100,
  firstDelayMs: 1_000,
  longestDelayMs: 30_000,
  forgetOneMs: 5_000,
};

type Deps = {
  clock: Clock;
  proofs: ProofVerifier;
  artifacts: Pick<Artifacts, 'adapter'>;
  audit: Pick<AuditLog, 'append'>;
};

/** A terminal that waits. `code` is null until oidc-provider has made one. */
type Waiting = { address: string; until: number; code: string | null };

export function createDeviceRequests({ clock, proofs, artifacts, audit }: Deps): DeviceRequests {
  const admitted = new WeakMap<IncomingMessage, { jkt: string; address: string }>();
  const throttle = createThrottle(clock, 'too-many-requests', requestLimits);
  /**
   * By terminal, the first in time first. Here and not in the store, so that there is nothing
   * between counting and adding; codes of an earlier broker are gone in minutes.
   */
  const waiting = new Map<string, Waiting>();

  /** A terminal that asks again takes the place that it had. */
  function takePlace(jkt: string, address: string): void {
    const now = clock.now();
    for (const [id, { until }] of waiting) if (until <= now) waiting.delete(id);
    const before = waiting.get(jkt);
    const fromThere = [...waiting.values()].filter((each) => each.address === address);
    const full =
      waiting.size >= mostWaiting.altogether || fromThere.length >= mostWaiting.atAddress;
    if (before === undefined && full) {
      throw new CodedError('too-many-requests', { retryAfterSeconds: 60 });
    }
    waiting.delete(jkt);
    const until = now + deviceCodeSeconds * 1000;
    waiting.set(jkt, { address, until, code: before?.code ?? null });
  }

  function infoOf(ctx: KoaContextWithOIDC): DeviceInfo {
    const known = admitted.get(ctx.req);
    if (known === undefined) throw new errors.InvalidDpopProof('DPoP proof JWT not provided');
    return { ...deviceIn(ctx.oidc.params ?? {}), ...known };
  }

  return {
    admit: async ({ raw, path, proof, address }) => {
      const { terminalId, spend } = await proofs.verify({
        method: 'POST',
        path,
        proof,
        token: null,
      });
      throttle.begin(address);
      spend();
      takePlace(terminalId, address);
      admitted.set(raw, { jkt: terminalId, address });
    },

    infoOf,

    made: async (ctx) => {
      const { jkt: id, device_name: name, address } = infoOf(ctx);
      const code = ctx.oidc.entities.DeviceCode?.jti ?? null;
      const place = waiting.get(id);
      const before = place?.code ?? null;
      if (place !== undefined) place.code = code;
      if (before !== null) {
        await artifacts.adapter('DeviceCode').destroy(before);
        // Nothing new: it is the terminal that waits already.
        return;
      }
      const actor = { kind: 'terminal' as const, id, name };
      await audit.append(doneBy({ actor, address, terminalId: id }, 'terminal.requested', actor));
    },
  };
}
