import { type Controller, controllers } from './group-hierarchies.ts';
import type { Missing, Place } from './group-places.ts';
import type { Limits } from './limits.ts';

const enforced: Readonly<Record<Controller, string>> = {
  cpu: 'Each guest has a weight and a ceiling',
  memory: 'Each guest with a limit is held to it, and gets no swap',
  pids: 'Each guest may have so many processes and threads, and no more',
};

const without: Readonly<Record<Controller, string>> = {
  cpu: 'Guests share the processors as any programs do, without weights',
  memory: 'Nothing but the engine itself limits the memory of a guest',
  pids: 'The number of a guest’s processes is not limited',
};

/** How each limit is enforced, or why it is not. */
export function limitsSentences(places: readonly Place[], missing: Missing): Limits['how'] {
  const [cpu, memory, processes] = controllers.map((controller) => {
    const place = places.find((candidate) => candidate.controllers.includes(controller));
    if (place !== undefined) {
      return `${enforced[controller]}, by control groups of version ${place.version} (${place.folder}).`;
    }
    const reason = missing[controller] ?? 'no control groups are mounted for it';
    return `${without[controller]}: ${reason}.`;
  });
  return { cpu: cpu ?? '', memory: memory ?? '', processes: processes ?? '' };
}
