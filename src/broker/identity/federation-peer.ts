import { readFile } from 'node:fs/promises';
import * as client from 'openid-client';
import { CodedError } from '../../contract/errors.ts';
import { digestOf, readChain } from '../tls/chain.ts';
import type { IdentityProvider } from './federation-config.ts';
import { createProviderFetch } from './provider-fetch.ts';

/** A configured identity provider and what it last said of itself. */
export type Peer = {
  readonly settings: IdentityProvider;
  /** SHA-256 of the public keys that its certificates have to be traced to; see SignInOrigin. */
  readonly anchors: readonly string[];
  /** What it says of itself, asked for where it is not known. @throws identity-provider-unreachable */
  configuration(): Promise<client.Configuration>;
  /** Asks it anew. What is known stays until it has answered. @throws identity-provider-unreachable */
  discover(): Promise<client.Configuration>;
  /** Resolves once a question that is under way has its answer, or none. */
  settled(): Promise<void>;
  /** Origin of its authorization endpoint, once it is known. */
  origin(): string | null;
};

const timeoutSeconds = 10;

/** @throws config-invalid when a file that the settings name cannot be read */
export async function createPeer(settings: IdentityProvider): Promise<Peer> {
  const ca = await readSetting(settings, 'caFile');
  const secret = await readSetting(settings, 'clientSecretFile');
  const fetch = createProviderFetch(ca);
  let known: client.Configuration | null = null;
  let underWay: Promise<client.Configuration> | null = null;

  async function ask(): Promise<client.Configuration> {
    try {
      const configuration = await client.discovery(
        new URL(settings.issuer),
        settings.clientId,
        {},
        secret === null ? client.None() : client.ClientSecretBasic(secret.trim()),
        { [client.customFetch]: fetch, timeout: timeoutSeconds },
      );
      const { authorization_endpoint: endpoint = '' } = configuration.serverMetadata();
      if (!endpoint.startsWith('https:')) throw new Error(`no place to sign in: "${endpoint}"`);
      known = configuration;
      return configuration;
    } catch (error) {
      throw new CodedError('identity-provider-unreachable', { cause: error });
    } finally {
      underWay = null;
    }
  }

  function discover(): Promise<client.Configuration> {
    underWay ??= ask();
    return underWay;
  }

  return {
    settings,
    anchors: ca === null ? [] : anchorsOf(settings, ca),
    configuration: async () => known ?? discover(),
    discover,
    settled: async () => {
      await underWay?.catch(() => undefined); // told to whoever asked
    },
    origin: () => {
      const endpoint = known?.serverMetadata().authorization_endpoint;
      return endpoint === undefined ? null : new URL(endpoint).origin;
    },
  };
}

async function readSetting(
  settings: IdentityProvider,
  field: 'caFile' | 'clientSecretFile',
): Promise<string | null> {
  const file = settings[field];
  if (file === undefined) return null;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw invalid(settings, field, error);
  }
}

/** Digests of the public keys of all certificates in a PEM file. */
function anchorsOf(settings: IdentityProvider, pem: string): string[] {
  try {
    const certificates = readChain(pem);
    if (certificates.length === 0) throw new Error('it holds no certificate');
    return certificates.map(digestOf);
  } catch (error) {
    throw invalid(settings, 'caFile', error);
  }
}

function invalid(settings: IdentityProvider, field: string, cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const detail = `identityProviders.${settings.id}.${field}: ${reason}`;
  return new CodedError('config-invalid', { detail, cause });
}
