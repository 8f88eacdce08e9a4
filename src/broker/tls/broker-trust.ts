/** What terminals go by to tell this broker from others. It changes while the broker runs. */
export type BrokerTrust = {
  /** What `GET /v1/trust` answers: signed statements (JWS), the oldest first. */
  statements(): readonly string[];
  /** Digests of the public keys that the broker's certificate chain may be traced to. */
  anchors(): readonly string[];
  /** The one of them that it is traced to now. */
  caFingerprint(): string;
  /** That key's certificate, in PEM, for people to give to their browsers. */
  caCertificate(): string;
};
