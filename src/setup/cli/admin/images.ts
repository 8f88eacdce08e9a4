import { Command } from 'commander';
import type { Image } from '../../../contract/image.ts';
import { versionNumber, versionsText } from '../image-versions.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { freedText } from './freed.ts';

export function imageCommand(context: AdminContext): Command {
  const { withAdmin, stdout } = context;
  const image = new Command('image')
    .alias('images')
    .description('Golden images: changed in a master, published as versions.')
    .addHelpText(
      'after',
      `
To change an image: open its master, change it in a session, end that, and publish. New desktops
begin with the new version; those that run go on as they are.`,
    );
  image
    .command('list', { isDefault: true })
    .description('Lists the golden images.')
    .action(async () => {
      const images = await withAdmin((admin) => admin.listImages());
      stdout.write(tableText(['NAME', 'CURRENT', 'VERSIONS', 'MASTER'], images.map(rowOf)));
    });
  image
    .command('versions <image>')
    .description('Lists the versions of an image, the newest first.')
    .action(async (name: string) => {
      const images = await withAdmin((admin) => admin.listImages());
      const versions = images.find((each) => each.name === name)?.versions ?? [];
      stdout.write(versionsText(versions));
    });
  image
    .command('open <image>')
    .description('Opens the master: a desktop, for whoever may manage images, that keeps changes.')
    .action(async (name: string) => {
      const { basedOn } = await withAdmin((admin) => admin.openMaster(name));
      stdout.write(`"${name} (master)" is among your desktops; it begins as version ${basedOn}\n`);
    });
  image
    .command('publish <image>')
    .description('Makes a version of the master, once its session has ended.')
    .option('--notes <text>', 'what was changed')
    .action((name: string, { notes }: { notes?: string }) => publish(name, notes, context));
  image
    .command('discard <image>')
    .description('Gives up the changes of the master, once its session has ended.')
    .action(async (name: string) => withAdmin((admin) => admin.discardMaster(name)));
  image
    .command('use')
    .argument('<image>')
    .argument('<version>', 'as "versions" lists it', versionNumber)
    .description('Lets new desktops begin with this version: an earlier one rolls back.')
    .action(async (name: string, version: number) => {
      await withAdmin((admin) => admin.chooseImageVersion(name, version));
    });
  image
    .command('remove')
    .argument('<image>')
    .argument('<version>', 'as "versions" lists it', versionNumber)
    .description('Removes a version that is not the current one and that nothing depends on.')
    .action(async (name: string, version: number) => {
      stdout.write(freedText(await withAdmin((admin) => admin.removeImageVersion(name, version))));
    });
  return image;
}

async function publish(
  image: string,
  notes: string | undefined,
  { withAdmin, progress, stdout }: AdminContext,
): Promise<void> {
  const bar = progress.begin(`Publishing ${image}`);
  try {
    const onProgress = (fraction: number) => bar.update(fraction);
    const { version } = await withAdmin((admin) =>
      admin.publishMaster({ image, notes, onProgress }),
    );
    bar.done();
    stdout.write(`${image} ${version}\n`);
  } catch (error) {
    bar.fail();
    throw error;
  }
}

function rowOf({ name, versions, master }: Image): string[] {
  const current = versions.find((each) => each.current);
  const open = master === null ? '' : `${master.running ? 'running' : 'open'} on ${master.basedOn}`;
  return [
    name,
    current === undefined ? '' : String(current.version),
    String(versions.length),
    open,
  ];
}
