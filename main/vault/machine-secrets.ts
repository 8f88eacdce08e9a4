import { createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What binds a file to this machine, by name. */
export type MachineSecrets = ReadonlyMap<MachineSecretName, Buffer>;
export const machineSecretNames = [
  'machine-id',
  'product-uuid',
  'board-serial',
  'credential',
] as const;
type MachineSecretName = (typeof machineSecretNames)[number];

export type MachinePlaces = {
  /** The root of the file system. */
  root: string;
  /** Where systemd puts the credentials of a service (systemd.exec(5), LoadCredentialEncrypted=). */
  credentials: string | null;
};

/** Porthole's own, which the machine id is never used without (machine-id(5)). */
const applicationId = Buffer.from('5f0d3c6e9b1a4e2f8d7c6b5a49382716', 'hex');

/**
 * Whether somebody who has the disk of the machine, and nothing else of it, lacks a secret. The
 * machine id is on the disk, beside the file that it encrypts, so that by itself it only keeps a copy
 * of the file from being of use elsewhere; the others are in the firmware or under the TPM.
 */
const isOffTheDisk: Readonly<Record<MachineSecretName, boolean>> = {
  'machine-id': false,
  'product-uuid': true,
  'board-serial': true,
  credential: true,
};

const sources: Readonly<Record<MachineSecretName, (places: MachinePlaces) => Buffer | null>> = {
  /** On every Linux with systemd or D-Bus; different on each installation, for anybody to read. */
  'machine-id': ({ root }) => {
    const id = /^[0-9a-f]{32}$/.exec(textOf(join(root, 'etc/machine-id')) ?? '')?.[0];
    return id === undefined ? null : applicationSpecificId(Buffer.from(id, 'hex'));
  },
  /** Of the firmware; Linux shows it to root only. */
  'product-uuid': ({ root }) => bytesOf(join(root, 'sys/class/dmi/id/product_uuid')),
  /** Of boards that have a device tree instead, such as ARM ones; for anybody to read. */
  'board-serial': ({ root }) => bytesOf(join(root, 'sys/firmware/devicetree/base/serial-number')),
  /** A secret that the machine's TPM guards, where an administrator has set one up. */
  credential: ({ credentials }) =>
    credentials === null ? null : bytesOf(join(credentials, 'porthole-vault-key')),
};

/** Everything that this process can find out about its machine and that other machines lack. */
export function readMachineSecrets(places: MachinePlaces): MachineSecrets {
  const found = new Map<MachineSecretName, Buffer>();
  for (const name of machineSecretNames) {
    const secret = sources[name](places);
    if (secret !== null) found.set(name, secret);
  }
  return found;
}

/** Whether a key made from these withstands somebody who has taken the disk. */
export function withstandsTheft(secrets: MachineSecrets): boolean {
  return [...secrets.keys()].some((name) => isOffTheDisk[name]);
}

/**
 * A key of 256 bits from secrets of the machine: HKDF (RFC 5869) with SHA-256.
 *
 * @param secrets in an order that stays; each is preceded by its length, so that no two lists are
 *   the same bytes
 * @param salt random, kept with what is encrypted
 */
export function machineKey(secrets: readonly Buffer[], salt: Buffer): Uint8Array {
  const material = secrets.flatMap((secret) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(secret.length);
    return [length, secret];
  });
  return new Uint8Array(hkdfSync('sha256', Buffer.concat(material), salt, 'porthole vault', 32));
}

/**
 * As sd_id128_get_machine_app_specific(3) makes it: the first half of an HMAC-SHA-256 of the
 * application's id by the machine's, marked as a UUID of version 4 (RFC 9562).
 */
function applicationSpecificId(machineId: Buffer): Buffer {
  const id = createHmac('sha256', machineId).update(applicationId).digest().subarray(0, 16);
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x40, 6);
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8);
  return id;
}

function textOf(file: string): string | null {
  return bytesOf(file)?.toString('utf8').trim() ?? null;
}

function bytesOf(file: string): Buffer | null {
  try {
    const bytes = readFileSync(file);
    return bytes.length === 0 ? null : bytes;
  } catch {
    // Not every machine has it, and not everybody may read it; what counts is what can be read.
    return null;
  }
}
