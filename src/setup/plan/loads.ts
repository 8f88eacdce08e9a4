import type { Engine } from '../../contract/desktop.ts';
import { engineSchema } from '../../contract/desktop.ts';
import { CodedError } from '../../contract/errors.ts';
import type { MachineListing } from '../../contract/host.ts';
import { type Cell, faultAt, parseCsv } from './csv.ts';

/** Processors, and memory in GiB. */
export type Size = { cpus: number; memoryGb: number };

/** A machine of today, and what of it is used. */
export type Load = {
  name: string;
  size: Size;
  average: Size;
  /** Not below the average. */
  peak: Size;
  /** What its average leaves out: memory that running it takes beside what is used in it. GiB. */
  overheadGb: number;
};

/** Memory that a virtual machine takes for itself; what shares the host's kernel takes none. GiB. */
export const virtualMachineGb = 0.125;

const needed = ['name', 'cpus', 'memory_gb', 'cpu_percent', 'memory_percent'] as const;
const optional = ['cpu_peak_percent', 'memory_peak_percent', 'kind'] as const;
type Column = (typeof needed)[number] | (typeof optional)[number];
const columns: readonly string[] = [...needed, ...optional];

/** Machines from a CSV file. @throws command-invalid, with line and column */
export function readLoads(file: string): Load[] {
  const [head, ...rows] = parseCsv(file);
  if (head === undefined || rows.length === 0) {
    throw new CodedError('command-invalid', {
      detail: `the file has no machines; its first line is ${needed.join(',')}`,
    });
  }
  const places = placesOf(head);
  const loads = rows.map((row) => readLoad(row, head, places));
  const names = new Set<string>();
  for (const [index, { name }] of loads.entries()) {
    const cell = rows[index]?.[places.get('name') ?? 0];
    if (names.has(name) && cell) throw faultAt(cell, `"${name}" is there twice`);
    names.add(name);
  }
  return loads;
}

function placesOf(head: readonly Cell[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [index, cell] of head.entries()) {
    const name = cell.text.toLowerCase();
    if (!columns.includes(name)) {
      throw faultAt(cell, `"${cell.text}" is not a column; there are ${columns.join(', ')}`);
    }
    if (places.has(name)) throw faultAt(cell, `the column "${name}" is there twice`);
    places.set(name, index);
  }
  const missing = needed.find((name) => !places.has(name));
  if (missing !== undefined) {
    throw faultAt({ line: 1, column: head.length }, `the column "${missing}" is missing`);
  }
  return places;
}

function readLoad(
  row: readonly Cell[],
  head: readonly Cell[],
  places: ReadonlyMap<string, number>,
): Load {
  const line = row[0]?.line ?? 0;
  if (row.length !== head.length) {
    const what = `${row.length} cells, where the first line has ${head.length}`;
    throw faultAt({ line, column: Math.min(row.length, head.length) }, what);
  }
  const cell = (name: Column): Cell => {
    const place = places.get(name);
    return (place === undefined ? undefined : row[place]) ?? { text: '', line, column: 0 };
  };
  const name = cell('name');
  if (name.text === '') throw faultAt(name, 'a machine needs a name');
  const size = {
    cpus: numberIn(cell('cpus'), 1024),
    memoryGb: numberIn(cell('memory_gb'), 65_536),
  };
  for (const column of ['cpus', 'memory_gb'] as const) {
    if (Number(cell(column).text) === 0) throw faultAt(cell(column), 'more than 0 is needed');
  }
  const average = part(size, {
    cpus: numberIn(cell('cpu_percent'), 100),
    memoryGb: numberIn(cell('memory_percent'), 100),
  });
  const peak = part(size, {
    cpus: numberIn(cell('cpu_peak_percent'), 100),
    memoryGb: numberIn(cell('memory_peak_percent'), 100),
  });
  return {
    name: name.text,
    size,
    average,
    peak: larger(average, peak),
    overheadGb: kindIn(cell('kind')) === 'os-level' ? 0 : virtualMachineGb,
  };
}

function kindIn(cell: Cell): Engine {
  if (cell.text === '') return 'para';
  const { data } = engineSchema.safeParse(cell.text);
  if (data !== undefined) return data;
  throw faultAt(cell, `"${cell.text}" is none of ${engineSchema.options.join(', ')}`);
}

/** 0 for a cell of a column that may be left out. */
function numberIn(cell: Cell, most: number): number {
  if (cell.text === '' && cell.column === 0) return 0;
  if (!/^\d+(\.\d+)?$/.test(cell.text)) throw faultAt(cell, `"${cell.text}" is not a number`);
  const value = Number(cell.text);
  if (value > most) throw faultAt(cell, `${cell.text} is more than ${most}`);
  return value;
}

/**
 * What running machines of a broker were measured to use since their start. The memory is that of all
 * their processes, so it has what QEMU takes in it.
 */
export function loadsOfMachines(machines: readonly MachineListing[], now: number): Load[] {
  return machines.flatMap(({ belongsTo, user, state, cpus, memoryMb, startedAt, usage }) => {
    // The figures of one that was just suspended may still be those from before.
    if (usage === null || state === 'suspended') return [];
    const seconds = Math.max(1, (now - Date.parse(startedAt)) / 1000);
    const average = {
      cpus: usage.cpuSeconds / seconds,
      memoryGb: usage.pssBytes / 1024 ** 3,
    };
    const peak = larger(average, { cpus: usage.cpus, memoryGb: 0 });
    const name = user === null ? belongsTo : `${belongsTo} (${user})`;
    return [{ name, size: { cpus, memoryGb: memoryMb / 1024 }, average, peak, overheadGb: 0 }];
  });
}

function part(size: Size, percent: Size): Size {
  return {
    cpus: (size.cpus * percent.cpus) / 100,
    memoryGb: (size.memoryGb * percent.memoryGb) / 100,
  };
}

function larger(one: Size, other: Size): Size {
  return {
    cpus: Math.max(one.cpus, other.cpus),
    memoryGb: Math.max(one.memoryGb, other.memoryGb),
  };
}
