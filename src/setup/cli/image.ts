import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { CodedError } from '../../contract/errors.ts';
import type { StoredImage } from '../../desktops/image-source.ts';
import { ImageLibrary } from '../../desktops/images/library.ts';
import { runTool } from '../../desktops/images/tools.ts';
import { imagesFolder, repairedGuestImage } from '../guest-image.ts';
import type { CommandContext } from './context.ts';
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
    .command('remove <name>')
    .description('Removes an image. Desktops that run on it keep it until they end.')
    .action(async (name: string) => library.remove(await library.find(name)));
  return image;
}

async function list(library: ImageLibrary, { stdout, progress }: CommandContext): Promise<void> {
  const { images, damaged } = await library.list();
  const rows = images.map(({ manifest }) => {
    const bytes = Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0);
    const size = `${Math.ceil(bytes / 1024 ** 2)} MiB`;
    return [manifest.name, manifest.kind, size, manifest.created.slice(0, 10), manifest.id];
  });
  stdout.write(tableText(['NAME', 'KIND', 'SIZE', 'CREATED', 'ID'], rows));
  for (const { dir, problem } of damaged) progress.note(`damaged: ${dir} (${problem.message})`);
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
