import * as jose from 'jose';
import { type TrustStatement, trustStatementType } from '../../../../src/contract/identity.ts';

/** The keys of a broker: what its certificate is traced to, and the key that speaks for them. */
export class FakeAuthority {
  /** SHA-256 of public keys, as the network reports them. */
  chain: string[] = ['leaf', 'ca'].map(digest);
  readonly #key = jose.generateKeyPair('ES256');
  #said: Pick<TrustStatement, 'anchors' | 'sequence'>[] = [
    { sequence: 0, anchors: [digest('ca')] },
  ];

  get ca(): string {
    return digest('ca');
  }

  /** Announces further keys, or others. */
  announce(...anchors: string[]): void {
    this.#said.push({ sequence: this.#said.length, anchors: anchors.map(digest) });
  }

  /** The certificate is traced to this key from now on. */
  show(key: string): void {
    this.chain = ['leaf', key].map(digest);
  }

  async statements(): Promise<string[]> {
    const { privateKey, publicKey } = await this.#key;
    const jwk = await jose.exportJWK(publicKey);
    const iss = await jose.calculateJwkThumbprint(jwk);
    return Promise.all(
      this.#said.map((said) =>
        new jose.SignJWT({ ...said, iss })
          .setProtectedHeader({ alg: 'ES256', typ: trustStatementType, jwk })
          .setIssuedAt()
          .sign(privateKey),
      ),
    );
  }
}

/** Something of the form of a digest that can be told from others. */
function digest(name: string): string {
  return name.padEnd(43, '-');
}
