import { CodedError } from '../contract/errors.ts';
import {
  approvalPath,
  approvalUrl,
  type DeviceRequest,
  deviceRequestSchema,
  fingerprintOf,
  formatUserCode,
  grantTypes,
  scopes,
  type Trust,
  userCodeSchema,
  type VaultKind,
} from '../contract/identity.ts';
import { brokerAddressSchema, type EnrollmentRequest } from '../contract/terminal.ts';
import { type ConnectionDeps, connectTo } from './connection.ts';
import { type PrivateKey, thumbprint } from './device-key.ts';
import type { Granted, OAuthClient } from './oauth-client.ts';
import { type PersistDeps, persist } from './persist.ts';
import { adoptStatements } from './trust.ts';
import type { TerminalIdentity } from './vault.ts';

/** What the terminal is called, and what it runs on. */
export type Device = { name: string; model: string; version: string };

/** How a terminal is to enroll without a person. */
export type Unattended = {
  broker: string;
  /** An enrollment token. */
  token: string;
  /** SHA-256 of the public key that the broker's certificate has to be traced to. */
  ca: string;
};

export type EnrollmentDeps = ConnectionDeps &
  PersistDeps & {
    device: Device;
    /** Where the identity will be kept. */
    vault: VaultKind;
    /** What the terminal will be known by. */
    key: PrivateKey;
  };

/** A request that an administrator has yet to approve. */
export type PendingEnrollment = {
  request: EnrollmentRequest;
  /** @throws enrollment-denied, enrollment-expired */
  approved(signal: AbortSignal): Promise<TerminalIdentity>;
};

/** Asks a broker that nothing is known of to enroll this terminal (RFC 8628). */
export async function requestEnrollment(
  address: string,
  deps: EnrollmentDeps,
  signal: AbortSignal,
): Promise<PendingEnrollment> {
  const contact = await firstContact(address, deps, null, signal);
  const { oauth, broker, terminalId, anchor } = contact;
  const parameters = { ...deviceRequest(deps), scope: scopes.terminal };
  const answer = await oauth.requestDevice(parameters, signal);
  const userCode = userCodeSchema.safeParse(answer.user_code);
  if (!userCode.success) throw new CodedError('broker-answer-invalid', { detail: 'user_code' });
  const lifetimeMs = answer.expires_in * 1000;
  return {
    request: {
      userCode: formatUserCode(userCode.data),
      approvalUrl: approvalUrl(broker, userCode.data, { ca: anchor, key: terminalId }),
      approvalPage: new URL(approvalPath, broker).href,
      fingerprint: fingerprintOf(terminalId),
      expiresAt: deps.clock.now() + lifetimeMs,
    },
    approved: async (stop) => {
      const expiry = AbortSignal.timeout(lifetimeMs);
      const poll = () => oauth.pollDevice(answer, AbortSignal.any([stop, expiry]));
      try {
        // A broker that is away for a moment does not end the request (RFC 8628 section 3.5).
        return identityOf(contact, await persist(poll, deps, stop));
      } catch (error) {
        stop.throwIfAborted();
        throw expiry.aborted ? new CodedError('enrollment-expired') : error;
      }
    },
  };
}

/** Enrolls with a token, which is shown to no broker but the one that was meant. */
export async function enrollUnattended(
  { broker, token, ca }: Unattended,
  deps: EnrollmentDeps,
  signal: AbortSignal,
): Promise<TerminalIdentity> {
  const contact = await firstContact(broker, deps, ca, signal);
  const parameters = {
    ...deviceRequest(deps),
    enrollment_token: token,
    scope: scopes.terminal,
  };
  const meanings = { invalid_grant: 'enrollment-token-wrong' } as const;
  const { enrollmentToken } = grantTypes;
  return identityOf(
    contact,
    await contact.oauth.extensionGrant(enrollmentToken, parameters, meanings, signal),
  );
}

type Contact = {
  broker: string;
  oauth: OAuthClient;
  privateKey: PrivateKey;
  terminalId: string;
  trust: Trust;
  /** The key that the broker's certificate was traced to. */
  anchor: string;
};

/**
 * Meets a broker for the first time: takes it at its word, and from then on holds it to that.
 *
 * @param ca the one anchor that will do, where it is known beforehand
 * @throws broker-key-changed when the broker shows another
 */
async function firstContact(
  address: string,
  deps: EnrollmentDeps,
  ca: string | null,
  signal: AbortSignal,
): Promise<Contact> {
  const parsed = brokerAddressSchema.safeParse(address);
  if (!parsed.success) throw new CodedError('broker-address-invalid');
  const broker = parsed.data;
  const introduction = await deps.network.introduce(broker, signal);
  const { statements, chain } = introduction;
  const trust = await adoptStatements(null, statements, introduction);
  const anchor = chain.find((key) => trust.anchors.includes(key) && (ca === null || key === ca));
  if (anchor === undefined) throw new CodedError('broker-key-changed', { detail: broker });
  deps.network.pin(broker, trust.anchors);
  const { oauth } = await connectTo(broker, deps.key, deps, async (error) => {
    // Within minutes of the first contact no broker changes its key.
    throw error;
  });
  const terminalId = await thumbprint(deps.key);
  return { broker, oauth, privateKey: deps.key, terminalId, trust, anchor };
}

function identityOf(contact: Contact, { refreshToken }: Granted): TerminalIdentity {
  const { broker, privateKey, terminalId, trust } = contact;
  return { broker, terminalId, privateKey, refreshToken, trust, resumable: false };
}

function deviceRequest({ device, vault }: EnrollmentDeps): DeviceRequest {
  const { name, model, version } = device;
  return deviceRequestSchema.parse({
    device_name: name,
    device_model: model,
    device_version: version,
    device_vault: vault,
  });
}
