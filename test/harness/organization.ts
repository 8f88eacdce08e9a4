import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConfigInput } from '../../src/broker/config.ts';
import { createAuthority, issueCertificate } from '../../src/broker/tls/authority.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { type Directory, startIdentityProvider } from '../fakes/identity-provider.ts';

const client = {
  clientId: 'porthole',
  clientSecret: 'a secret of forty-three characters or so...',
};

export type Organization = AsyncDisposable & {
  /** What a broker's configuration has of its identity provider. */
  readonly identityProvider: NonNullable<ConfigInput['identityProviders']>[number];
  /** Where people sign in, which is not at the issuer's origin. */
  readonly signInOrigin: string;
  /** Lets the broker at this address ask for people. */
  admit(brokerUrl: string): void;
};

/**
 * An organization that has an OpenID provider of its own, at `localhost` and by a certification
 * authority that no system knows.
 */
export async function startOrganization(directory: Directory): Promise<Organization> {
  const folder = await mkdtemp(path.join(tmpdir(), 'organization-'));
  const files = { caFile: path.join(folder, 'ca.pem'), clientSecretFile: path.join(folder, 'key') };
  const authority = await createAuthority(Date.now());
  await writeFile(files.caFile, authority.certificate);
  await writeFile(files.clientSecretFile, client.clientSecret);
  const id = 'navy';
  let broker = 'https://127.0.0.1:1';
  const provider = await startIdentityProvider({
    ...client,
    certificate: await issueCertificate(authority, ['localhost'], Date.now()),
    directory,
    redirectUri: () => `${broker}/sign-in/callback/${id}`,
  });
  return {
    identityProvider: {
      id,
      name: 'the Navy',
      issuer: provider.issuer,
      clientId: client.clientId,
      ...files,
    },
    signInOrigin: provider.signInOrigin,
    admit: (url) => {
      broker = url;
    },
    dispose: async () => {
      await provider.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
