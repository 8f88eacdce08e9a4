import type { Database } from '../store/store.ts';

/** What of this broker lies on an image, and would be lost with it. */
export type Dependents = {
  /** Disks of users, virtual servers and masters, by the id of the image. */
  disks: ReadonlyMap<string, number>;
  /** Ids of images that a guest runs on, or is suspended on. */
  inUse: ReadonlySet<string>;
};

export async function readDependents(db: Database): Promise<Dependents> {
  const disks = new Map<string, number>();
  for (const table of ['kept_disks', 'servers', 'masters'] as const) {
    const rows = await db
      .selectFrom(table)
      .select(({ fn }) => ['image_id', fn.countAll<number>().as('count')])
      .groupBy('image_id')
      .execute();
    // PostgreSQL counts in bigint, which comes as text.
    for (const { image_id, count } of rows) {
      disks.set(image_id, (disks.get(image_id) ?? 0) + Number(count));
    }
  }
  const guests = await db.selectFrom('machines').select('image_id').distinct().execute();
  return { disks, inUse: new Set(guests.map(({ image_id }) => image_id)) };
}

/** All of them: what must not be removed while this broker is not looking. */
export async function neededImages(db: Database): Promise<Set<string>> {
  const { disks, inUse } = await readDependents(db);
  return new Set([...disks.keys(), ...inUse]);
}
