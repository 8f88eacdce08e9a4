import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { CodedError } from '../../contract/errors.ts';
import type { StoredImage } from '../../desktops/image-source.ts';
import { ImageLibrary } from '../../desktops/images/library.ts';
import { runTool } from '../../desktops/images/tools.ts';
import { sizeOf } from '../../desktops/images/versions.ts';
import { imagesFolder, repairedGuestImage } from '../guest-image.ts';
import type { CommandContext } from './context.ts';
import { versionNumber, versionsText } from './image-versions.ts';
import { tableText } from './table.ts';

export function imageCommand(context: CommandContext): Command {
  const root = imagesFolder(context.locations.cache);
  const library = new ImageLibrary({ root, run: runTool, now: () => Date.now() });
  const image = new Command('image')
    .description('Images that desktops are made from.')
    .addHelpText('after', `\nImages are kept in ${root}.`);
  image
    .command('list')
    .description('Lists all images, the newest first.')
    .action(() => list(library, context));
  image
    .command('build')
    .description('Builds the demo image, unless it is there; a damaged one is set aside first.')
    .option('--offline', 'fetch nothing')
    .action(({ offline = false }: { offline?: boolean }) => build(offline, context));
  image
    .command('add <file>')
    .description('Registers a disk of your own, qcow2 or raw. It is copied; yours is left alone.')
    .requiredOption('--name <name>', 'what desktops call it: lower-case letters, digits, . _ -')
    .action((file: string, { name }: { name: string }) => add(file, name, library, context));
  image
    .command('verify [name]')
    .description('Compares an image, or all of them, with their checksums.')
    .action((name: string | undefined) => verify(name, library, context));
  image
    .command('versions <name>')
    .description('Lists the versions of an image, the newest first; the current one is marked.')
    .action(async (name: string) => {
      context.stdout.write(await versionsOf(library, name));
    });
  image
    .command('use')
    .argument('<name>')
    .argument('<version>', 'as "versions" lists it', versionNumber)
    .description('Lets new desktops begin with this version: an earlier one rolls back.')
    .action(async (name: string, version: number) => {
      tell(await library.choose(name, version), context.stdout);
    });
  image
    .command('remove')
    .argument('<name>')
    .argument('[version]', 'just this one, as "versions" lists it', versionNumber)
    .description('Removes an image that no disk lies on. Desktops that run on it keep it.')
    .action((name: string, version?: number) => remove(library, name, version));
  return image;
}

async function list(library: ImageLibrary, { stdout, progress }: CommandContext): Promise<void> {
  const { images, damaged } = await library.list();
  const rows = images.map(({ dir, manifest }) => {
    const size = `${Math.ceil(sizeOf({ dir, manifest }) / 1024 ** 2)} MiB`;
    return [
      manifest.name,
      String(manifest.imageVersion),
      manifest.kind,
      size,
      manifest.created.slice(0, 10),
      manifest.id,
    ];
  });
  stdout.write(tableText(['NAME', 'VERSION', 'KIND', 'SIZE', 'CREATED', 'ID'], rows));
  for (const { dir, problem } of damaged) progress.note(`damaged: ${dir} (${problem.message})`);
}

async function versionsOf(library: ImageLibrary, name: string): Promise<string> {
  const { versions, current } = await library.versions(name);
  return versionsText(
    versions.map((image) => ({
      version: image.manifest.imageVersion,
      kind: image.manifest.kind,
      created: image.manifest.created,
      notes: image.manifest.notes ?? '',
      bytes: sizeOf(image),
      current: image === current,
    })),
  );
}

/** All versions, or the one given. @throws image-unknown, image-damaged, change-conflict */
async function remove(library: ImageLibrary, name: string, version?: number): Promise<void> {
  if (version !== undefined) {
    await library.removeVersion(name, version);
    return;
  }
  const { versions } = await library.versions(name);
  for (const image of versions) await library.assertUnused(image);
  for (const image of versions) await library.remove(image);
}

async function build(offline: boolean, context: CommandContext): Promise<void> {
  const { locations, progress, signal, stdout } = context;
  const { root, cache } = locations;
  const { image, setAside } = await repairedGuestImage({ root, cache, offline, progress, signal });
  if (setAside !== null) progress.note(`The damaged image was moved to ${setAside}`);
  tell(image, stdout);
}

async function add(
  file: string,
  name: string,
  library: ImageLibrary,
  { progress, signal, stdout }: CommandContext,
): Promise<void> {
  const bar = progress.begin(`Copying ${file}`);
  try {
    const onProgress = (fraction: number) => bar.update(fraction);
    const image = await library.add({ name, file: resolve(file), signal, onProgress });
    bar.done();
    tell(image, stdout);
  } catch (error) {
    bar.fail();
    throw error;
  }
}

/** Goes through all of them, also where the first is damaged. @throws image-damaged in the end */
async function verify(
  name: string | undefined,
  library: ImageLibrary,
  { signal, stdout }: CommandContext,
): Promise<void> {
  const { images, damaged } =
    name === undefined ? await library.list() : { images: [await library.find(name)], damaged: [] };
  const faulty = damaged.map(({ dir }) => dir);
  for (const { dir, problem } of damaged) {
    stdout.write(`✗ ${basename(dir)}  ${problem.detail ?? problem.message}\n`);
  }
  for (const image of images) {
    const fault = await faultOf(image, library, signal);
    stdout.write(`${fault === null ? '✓' : '✗'} ${image.manifest.name}  ${fault ?? image.dir}\n`);
    if (fault !== null) faulty.push(image.dir);
  }
  if (faulty.length > 0) throw new CodedError('image-damaged', { detail: faulty.join(', ') });
}

async function faultOf(
  image: StoredImage,
  library: ImageLibrary,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    await library.verify(image, signal);
    return null;
  } catch (error) {
    if (error instanceof CodedError) return error.detail ?? error.message;
    throw error;
  }
}

function tell({ dir, manifest }: StoredImage, stdout: CommandContext['stdout']): void {
  stdout.write(`${manifest.name}  ${dir}\n`);
}
