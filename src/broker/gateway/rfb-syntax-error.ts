/** A client said what no client says. */
export class RfbSyntaxError extends Error {
  override readonly name = 'RfbSyntaxError';
}
