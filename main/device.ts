import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** What administrators tell this terminal by. */
export type Device = { name: string; model: string; version: string };

/** @param root of the file system, where the firmware says what machine this is */
export function describeDevice({ root, version }: { root: string; version: string }): Device {
  return { name: hostname().trim().slice(0, 80) || 'terminal', model: modelOf(root), version };
}

/** Maker and product, such as `LENOVO ThinkCentre M75q`; empty where the machine does not say. */
function modelOf(root: string): string {
  const dmi = join(root, 'sys/class/dmi/id');
  const named = [join(dmi, 'sys_vendor'), join(dmi, 'product_name')].map(lineOf).filter(Boolean);
  const model = named.length > 0 ? named.join(' ') : lineOf(join(root, 'proc/device-tree/model'));
  return model.slice(0, 120).trim();
}

function lineOf(file: string): string {
  try {
    // Strings of a device tree end with a NUL.
    return readFileSync(file, 'utf8').replaceAll('\0', '').trim();
  } catch {
    // Not every machine has this file: Linux alone does, and not all boards have DMI.
    return '';
  }
}
