/** What a TLS server shows, and proves that it holds. All of it PEM. */
export type ServerCertificate = {
  /** Its certificate first, then those that vouch for it. */
  chain: string;
  key: string;
};
