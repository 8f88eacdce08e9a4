/** The calls of the C library that Node has not. They return -1 when they fail. */
export type Libc = {
  /** memfd_create(2) */
  memfdCreate(name: string, flags: number): number;
  /** fcntl(2) with an integer argument. */
  fcntl(descriptor: number, command: number, argument: number): number;
  /** Number of the error of the last call that failed. */
  errno(): number;
};

/** Loads them only now: a broker that makes no clones does without. @throws where they are missing */
export async function loadLibc(): Promise<Libc> {
  const { default: koffi } = await import('koffi');
  // Null is the program itself, which the C library is linked to, whatever its file is called.
  const program = koffi.load(null);
  const memfdCreate = program.func('int memfd_create(const char *name, unsigned int flags)');
  const fcntl = program.func('int fcntl(int descriptor, int command, ...)');
  return {
    memfdCreate: (name, flags) => Number(memfdCreate(name, flags)),
    fcntl: (descriptor, command, argument) => Number(fcntl(descriptor, command, 'int', argument)),
    errno: () => koffi.errno(),
  };
}
