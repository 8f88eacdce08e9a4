import type { MachineSecrets } from '../../main/vault/machine-secrets.ts';

/** The machine that the vault of a test and its doomed processes are on. */
export const testMachine: MachineSecrets = new Map([['machine-id', Buffer.from('of this test')]]);
