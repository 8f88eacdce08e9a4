import { CodedError } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import { usualSessionPolicy } from '../../contract/session-policy.ts';
import type { Machine } from '../../desktops/engine.ts';
import type { Lease, Offer, Supply } from '../sessions/supply.ts';
import type { MasterRow, Masters } from './masters.ts';

type Deps = {
  masters: Pick<
    Masters,
    'list' | 'find' | 'engineOf' | 'open' | 'isShared' | 'resume' | 'giveBack'
  >;
  permissionsOf(userId: string): Promise<ReadonlySet<Permission>>;
};

/** Masters of golden images, as desktops of whoever may manage images. */
export function createMasterSupply({ masters, permissionsOf }: Deps): Supply {
  const mayOpen = async (userId: string) => (await permissionsOf(userId)).has('images.manage');

  async function offerOf(row: MasterRow): Promise<Offer[]> {
    try {
      const { id, image, image_version } = row;
      const engine = await masters.engineOf(row);
      const description = `Begun as version ${image_version}`;
      const name = `${image} (master)`;
      return [{ id, name, description, engine, image, policy: usualSessionPolicy }];
    } catch (error) {
      // The image that it is of is gone, or damaged: there is nothing to open.
      if (error instanceof CodedError) return [];
      throw error;
    }
  }

  function leaseOf(id: string, machine: Machine): Lease {
    return {
      machine,
      // Those who have it too go on with it.
      get outlivesSession() {
        return masters.isShared(id);
      },
      end: () => masters.giveBack(id),
    };
  }

  return {
    listOf: async (userId) => {
      if (!(await mayOpen(userId))) return [];
      return (await Promise.all((await masters.list()).map(offerOf))).flat();
    },
    find: async ({ userId, desktopId }) => {
      const row = await masters.find(desktopId);
      if (row === null || !(await mayOpen(userId))) return null;
      const [offer = null] = await offerOf(row);
      return offer;
    },
    lease: async ({ userId, desktopId }) =>
      leaseOf(desktopId, await masters.open(desktopId, userId)),
    resume: async ({ desktopId }, machine) => {
      if ((await masters.find(desktopId)) === null) return null;
      masters.resume(desktopId);
      return leaseOf(desktopId, machine);
    },
  };
}
