import type { Templates } from './template.ts';

/** Where no machine can be a clone. */
export function withoutTemplates(reason: string): Templates {
  return {
    find: async () => ({ reason }),
    prepare: async () => ({ kind: 'none', reason }),
    state: async () => ({ kind: 'none', reason }),
    readFiles: async () => null,
    prune: async () => undefined,
    dispose: async () => undefined,
  };
}
