/** The address of a broker as people say it: without the scheme. */
export function brokerName(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}
