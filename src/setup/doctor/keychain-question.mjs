/** Asks the keychain for an entry that is not there: all of the way to it has to work for that. */
try {
  const { default: keytar } = await import('keytar');
  await keytar.getPassword('Porthole doctor', 'no such entry');
  process.stdout.write('keytar reaches the keychain of this session\n');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
