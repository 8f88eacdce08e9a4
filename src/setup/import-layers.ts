import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { type Import, importsOf } from './imports.ts';
import { type Room, rooms as roomsOfTheHouse } from './rooms.ts';

/** Path, relative to the checkout and with forward slashes, → imports. */
type SourceFiles = ReadonlyMap<string, readonly Import[]>;

type LayerFault = { file: string; line: number; message: string };

/** Reads every source file of the rooms. */
export function readSources(root: string, rooms: readonly Room[] = roomsOfTheHouse): SourceFiles {
  const files = rooms.flatMap(({ folder }) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name.replaceAll('\\', '/')))
      .filter((file) => /\.(ts|tsx|mts|mjs|js)$/.test(file) && !file.endsWith('.d.ts')),
  );
  return new Map(files.map((file) => [file, importsOf(file, readText(join(root, file)))]));
}

function readText(file: string): string {
  return readFileSync(file, 'utf8');
}

/** Every import that goes where its room may not, and every cycle. Empty when all is well. */
export function layerFaults(
  sources: SourceFiles,
  rooms: readonly Room[] = roomsOfTheHouse,
): LayerFault[] {
  const faults = [...sources].flatMap(([file, imports]) => {
    const room = rooms.find(({ folder }) => isWithin(file, folder));
    if (room === undefined) return [];
    return imports.flatMap((one) => {
      const message = complaint(room, file, one);
      return message === null ? [] : [{ file, line: one.line, message }];
    });
  });
  return [...faults, ...cycles(sources)];
}

function complaint(room: Room, file: string, { specifier, typeOnly }: Import): string | null {
  if (!specifier.startsWith('.')) {
    const exclusion = typeOnly ? undefined : room.without.find((one) => one.module.test(specifier));
    if (exclusion === undefined) return null;
    return `${room.folder} must not import "${specifier}": ${exclusion.why}`;
  }
  const target = join(dirname(file), specifier);
  if (isWithin(target, room.folder)) return null;
  const permissions = room.mayImport.filter(({ from }) => isWithin(target, from));
  if (permissions.some(({ what }) => what === 'all' || typeOnly)) return null;
  return permissions.length > 0
    ? `${room.folder} may import only types from ${target}`
    : `${room.folder} must not import ${target}`;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Cycles of what is left when types are stripped; each is told once, at its first file by name. */
function cycles(sources: SourceFiles): LayerFault[] {
  const faults: LayerFault[] = [];
  const finished = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const from = path.indexOf(file);
    if (from >= 0) {
      faults.push(cycleFault(sources, path.slice(from)));
      return;
    }
    if (finished.has(file)) return;
    for (const target of targetsOf(sources, file)) walk(target, [...path, file]);
    finished.add(file);
  };
  for (const file of [...sources.keys()].sort()) walk(file, []);
  return faults;
}

function cycleFault(sources: SourceFiles, members: readonly string[]): LayerFault {
  const first = [...members].sort()[0] ?? '';
  const start = members.indexOf(first);
  const cycle = [...members.slice(start), ...members.slice(0, start)];
  const next = cycle[1] ?? first;
  const edge = sources.get(first)?.find((one) => resolved(first, one) === next);
  const message = `cycle: ${[...cycle, first].join(' → ')}`;
  return { file: first, line: edge?.line ?? 1, message };
}

function targetsOf(sources: SourceFiles, file: string): string[] {
  const values = sources.get(file)?.filter(({ typeOnly }) => !typeOnly) ?? [];
  return values.map((one) => resolved(file, one)).filter((target) => sources.has(target));
}

function resolved(file: string, { specifier }: Import): string {
  return specifier.startsWith('.') ? join(dirname(file), specifier) : specifier;
}
