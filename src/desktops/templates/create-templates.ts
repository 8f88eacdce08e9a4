import { chmod, mkdir } from 'node:fs/promises';
import type { Accelerator } from '../../contract/desktop.ts';
import type { KeyboardLayout } from '../../contract/keyboard.ts';
import { removeAbandoned } from '../images/workspace.ts';
import { endAbandonedCaptures } from './abandoned.ts';
import { type CaptureDeps, captureWith } from './capture.ts';
import { hostFactsOf } from './host-facts.ts';
import { type KeeperDeps, TemplateKeeper } from './keeper.ts';
import { sealing } from './sealed-memory.ts';
import type { Templates } from './template.ts';
import { templatesFolder } from './template-folder.ts';
import { withoutTemplates } from './without-templates.ts';

export type TemplatesDeps = Omit<CaptureDeps, 'root' | 'settleTimeoutMs'> &
  Pick<KeeperDeps, 'inUse'> & {
    /** Templates are kept in `templates/` below it; several brokers may share it. */
    cacheDir: string;
    accelerator: Accelerator;
    keyboard: KeyboardLayout;
    /** Folders where programs are looked for (PATH). */
    searchPath: string;
    /** Milliseconds from the painted desktop until the guest has settled; default 120 000. */
    settleTimeoutMs?: number;
    /** Of Node's `process.platform`. */
    platform?: NodeJS.Platform;
  };

/** Opens the templates of this host, and frees what captures have left behind that were killed. */
export async function createTemplates(deps: TemplatesDeps): Promise<Templates> {
  const able = await sealing(deps.platform);
  if (able.kind === 'impossible') return withoutTemplates(able.reason);
  const root = templatesFolder(deps.cacheDir);
  for (const folder of [root, deps.runtimeDir]) await mkdir(folder, { recursive: true });
  // The memory of a guest is in there.
  await chmod(root, 0o700);
  await endAbandonedCaptures(root, deps);
  for (const folder of [root, deps.runtimeDir]) await removeAbandoned(folder);
  return new TemplateKeeper({
    ...deps,
    root,
    capture: captureWith({ ...deps, root, settleTimeoutMs: deps.settleTimeoutMs ?? 120_000 }),
    facts: hostFactsOf(deps),
    sealer: able.sealer,
  });
}
