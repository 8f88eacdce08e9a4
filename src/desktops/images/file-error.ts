/** The system's name for what went wrong, such as ENOENT; undefined for errors of other kinds. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
