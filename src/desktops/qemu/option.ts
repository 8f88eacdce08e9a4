/**
 * One value of QEMU's `key=value,key=value` syntax. A comma inside a value is doubled (QEMU manual,
 * "Device URL Syntax"), so that a folder name cannot become an option.
 */
type OptionValue = string | number;

/** `option('socket', { id: 'qmp', path })` → `socket,id=qmp,path=…` */
export function option(head: string, values: Record<string, OptionValue> = {}): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${escapeCommas(value)}`);
  return [head, ...pairs].join(',');
}

export function escapeCommas(value: OptionValue): string {
  return String(value).replaceAll(',', ',,');
}
