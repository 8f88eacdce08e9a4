import { basename, join } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import { faultOf } from '../fault.ts';
import type { ImageSource } from '../image-source.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { Log } from '../log.ts';
import type { Capture, CaptureOrder } from './capture.ts';
import { obstacleOf, unidentifiable } from './cloneable.ts';
import { foundationOf, isSameKind, kindKey, misfit } from './foundation.ts';
import { type HeldTemplate, holdTemplate } from './held-template.ts';
import type { HostFacts } from './host-facts.ts';
import { filesOfImage } from './read-files.ts';
import type { Sealer } from './sealed-memory.ts';
import { beingMade, type SeenSlot, type SettledSlot, type Slot, stateOf } from './slot.ts';
import type { ReadyTemplate, TemplateKind, TemplateState, Templates } from './template.ts';
import {
  listTemplates,
  missingFile,
  removeTemplate,
  type StoredTemplate,
  templateFile,
} from './template-folder.ts';
import { readTemplateRecord } from './template-record.ts';

export type KeeperDeps = {
  /** Folder of all templates. */
  root: string;
  images: Pick<ImageSource, 'find'>;
  capture: Capture;
  facts: () => Promise<HostFacts>;
  sealer: Sealer;
  /** Ids of templates that disks of machines are backed by: those are not removed. */
  inUse: () => Promise<ReadonlySet<string>>;
  clock: Clock;
  log: Log;
};

/** Milliseconds that a descriptor outlives its template: a clone may just have been given it. */
const graceMs = 60_000;

const shuttingDown = 'the host shuts down';

/** Keeps the templates of a host: looks after what is on the disk, and has made what is missing. */
export class TemplateKeeper implements Templates {
  readonly #deps: KeeperDeps;
  readonly #slots = new Map<string, Slot>();
  /** Images whose guests were seen not to listen. */
  readonly #deaf = new Set<string>();
  /** Used no more, and not let go yet. */
  readonly #parting = new Map<HeldTemplate, Disposable>();
  readonly #over = new AbortController();
  /** Captures go one by one: each takes a processor for its boot. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  async find(kind: TemplateKind): Promise<{ template: ReadyTemplate } | { reason: string }> {
    const order = await this.#order(kind);
    if ('reason' in order) return order;
    const slot = await this.#look(order);
    if (this.#over.signal.aborted) return { reason: shuttingDown };
    if (slot.kind === 'ready') return { template: slot.held.ready };
    if (slot.kind === 'capturing') return { reason: beingMade };
    if (slot.kind === 'none') return { reason: slot.reason };
    return { reason: `its template could not be made: ${slot.problem.message}` };
  }

  async state(kind: TemplateKind): Promise<TemplateState> {
    const order = await this.#order(kind);
    return 'reason' in order ? { kind: 'none', ...order } : stateOf(await this.#look(order));
  }

  async prepare(kind: TemplateKind): Promise<TemplateState> {
    const order = await this.#order(kind);
    if ('reason' in order) return { kind: 'none', ...order };
    const slot = await this.#look(order);
    if (slot.kind === 'ready') return stateOf(slot);
    return stateOf(await this.#captureOnce(order));
  }

  async readFiles(id: string): Promise<readonly string[] | null> {
    try {
      const folder = join(this.#deps.root, id);
      const { foundation } = await readTemplateRecord(folder);
      const image = await this.#deps.images.find(foundation.image);
      return [templateFile(folder, 'disk.qcow2'), ...filesOfImage(image)];
    } catch {
      return null; // gone, or as good as gone
    }
  }

  async prune(): Promise<void> {
    const { templates, damaged } = await listTemplates(this.#deps.root);
    for (const folder of damaged) await this.#remove(folder);
    for (const stored of templates) {
      const reason = await this.#whyUseless(stored);
      if (reason === null) continue;
      this.#forget(stored, reason);
      await this.#refuse(stored, reason);
    }
  }

  async dispose(): Promise<void> {
    this.#over.abort(new CodedError('guest-failed', { detail: shuttingDown }));
    for (const slot of this.#slots.values()) {
      if (slot.kind === 'verifying' || slot.kind === 'capturing') await slot.done;
    }
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const slot of slots) if (slot.kind === 'ready') await slot.held.dispose();
    for (const [held, timer] of this.#parting) {
      timer.dispose();
      await held.dispose();
    }
    this.#parting.clear();
  }

  /** What a template of this kind has to be now, or why there can't be one. */
  async #order(kind: TemplateKind): Promise<CaptureOrder | { reason: string }> {
    if (this.#over.signal.aborted) return { reason: shuttingDown };
    try {
      const image = await this.#deps.images.find(kind.image);
      const obstacle = this.#deaf.has(image.manifest.id)
        ? unidentifiable
        : obstacleOf(image.manifest);
      if (obstacle !== null) return { reason: obstacle };
      return { kind, image, foundation: foundationOf(kind, image, await this.#deps.facts()) };
    } catch (error) {
      return { reason: faultOf(error).message };
    }
  }

  /** Where it stands, once what is on the disk was looked at. */
  async #look(order: CaptureOrder): Promise<SeenSlot> {
    const key = kindKey(order.foundation);
    const slot = this.#slots.get(key);
    if (slot === undefined) return await this.#run(key, 'verifying', this.#verify(order));
    if (slot.kind === 'verifying') return await slot.done;
    if (slot.kind !== 'ready') return slot;
    const { stored } = slot.held;
    const reason =
      misfit(stored.record.foundation, order.foundation) ?? (await missingFile(stored));
    if (reason === null) return slot;
    this.#forget(stored, reason);
    await this.#refuse(stored, reason);
    return { kind: 'none', reason: unusable(reason) };
  }

  /** Between the check and the start nothing is awaited, so that many callers make one capture. */
  #captureOnce(order: CaptureOrder): Promise<SettledSlot> {
    const key = kindKey(order.foundation);
    const slot = this.#slots.get(key);
    if (slot?.kind === 'capturing' || slot?.kind === 'verifying') return slot.done;
    if (slot?.kind === 'ready') return Promise.resolve(slot);
    const capture = this.#queue.then(() => this.#capture(order));
    this.#queue = capture.catch(() => undefined);
    return this.#run(key, 'capturing', capture);
  }

  /** Work on a slot, which becomes what the work comes to. The promise never rejects. */
  #run(key: string, kind: 'verifying' | 'capturing', work: Promise<SettledSlot>) {
    const done = work
      .catch((error: unknown): SettledSlot => ({ kind: 'failed', problem: faultOf(error) }))
      .then((settled) => {
        this.#slots.set(key, settled);
        this.#tell(key, settled);
        return settled;
      });
    this.#slots.set(key, { kind, done });
    return done;
  }

  async #verify(order: CaptureOrder): Promise<SettledSlot> {
    const { templates, damaged } = await listTemplates(this.#deps.root);
    for (const folder of damaged) await this.#remove(folder);
    let reason = 'no template of it was made yet';
    for (const stored of templates) {
      if (!isSameKind(stored.record.foundation, order.foundation)) continue;
      const found = await this.#hold(stored, order);
      if ('held' in found) return { kind: 'ready', held: found.held };
      await this.#refuse(stored, found.reason);
      reason = unusable(found.reason);
    }
    return { kind: 'none', reason };
  }

  async #capture(order: CaptureOrder): Promise<SettledSlot> {
    const { signal } = this.#over;
    signal.throwIfAborted();
    const { root, capture, log } = this.#deps;
    const kind = kindKey(order.foundation);
    const onStage = (stage: string) => log.info({ kind, stage }, 'making a template');
    const id = await capture(order, { signal, onStage });
    if (id === null) {
      this.#deaf.add(order.image.manifest.id);
      return { kind: 'none', reason: unidentifiable };
    }
    const folder = join(root, id);
    const stored = { folder, record: await readTemplateRecord(folder) };
    const found = await this.#hold(stored, order);
    if ('held' in found) return { kind: 'ready', held: found.held };
    await this.#refuse(stored, found.reason);
    return { kind: 'none', reason: unusable(found.reason) };
  }

  async #hold(
    stored: StoredTemplate,
    { image, foundation }: CaptureOrder,
  ): Promise<{ held: HeldTemplate } | { reason: string }> {
    const reason = misfit(stored.record.foundation, foundation);
    if (reason !== null) return { reason };
    const { sealer } = this.#deps;
    return await holdTemplate(stored, image, { sealer, signal: this.#over.signal });
  }

  /** Null while it may still be asked for. */
  async #whyUseless({ record: { foundation } }: StoredTemplate): Promise<string | null> {
    const image = await this.#imageOf(foundation.image);
    if (image === null) return 'its image is gone';
    const now = foundationOf(foundation, image, await this.#deps.facts());
    return misfit(foundation, now);
  }

  async #imageOf(id: string): Promise<StoredImage | null> {
    return await this.#deps.images.find(id).catch((error: unknown) => {
      if (error instanceof CodedError && error.code === 'image-unknown') return null;
      throw error;
    });
  }

  /** A template that is held and used no more. */
  #forget({ folder }: StoredTemplate, reason: string): void {
    for (const [key, slot] of this.#slots) {
      if (slot.kind !== 'ready' || slot.held.stored.folder !== folder) continue;
      this.#slots.set(key, { kind: 'none', reason: unusable(reason) });
      const { held } = slot;
      const letGo = () => {
        this.#parting.delete(held);
        held.dispose().catch((error: unknown) => {
          this.#deps.log.error({ error }, 'the memory of a template could not be let go');
        });
      };
      this.#parting.set(held, this.#deps.clock.after(graceMs, letGo));
    }
  }

  async #refuse({ folder, record }: StoredTemplate, reason: string): Promise<void> {
    this.#deps.log.warn({ id: record.id, reason }, 'a template is not used any more');
    await this.#remove(folder);
  }

  async #remove(folder: string): Promise<void> {
    // A guest that is asleep would wake up without its disk.
    if ((await this.#deps.inUse()).has(basename(folder))) return;
    await removeTemplate(this.#deps.root, folder);
  }

  #tell(kind: string, slot: SettledSlot): void {
    const { log } = this.#deps;
    if (slot.kind === 'failed')
      log.error({ kind, problem: slot.problem }, 'no template could be made');
    else log.info({ kind, state: stateOf(slot) }, 'template');
  }
}

function unusable(reason: string): string {
  return `its template can't be used: ${reason}`;
}
