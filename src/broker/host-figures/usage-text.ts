import { type MachineUsage, machineUsageSchema } from '../../contract/host.ts';

/** What a machine uses, as it is written down; null where it was not measured yet. */
export function parseUsage(text: string | null): MachineUsage | null {
  return text === null ? null : machineUsageSchema.parse(JSON.parse(text));
}
