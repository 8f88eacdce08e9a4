import type { builtInGroups, builtInRoles } from '../../contract/permissions.ts';

/** Ids of the groups and roles that every broker has: the same in each of them. */
export const builtInGroupIds = {
  administrators: '0b6c1f5e-6f0e-4c39-9d5c-3f0a86c2a001',
  everyone: '0b6c1f5e-6f0e-4c39-9d5c-3f0a86c2a002',
} as const satisfies Record<keyof typeof builtInGroups, string>;

export const builtInRoleIds = {
  administrator: '7d1b9b52-29c4-4c0b-8a4e-5d7c3e91b001',
  'help desk': '7d1b9b52-29c4-4c0b-8a4e-5d7c3e91b002',
  auditor: '7d1b9b52-29c4-4c0b-8a4e-5d7c3e91b003',
  user: '7d1b9b52-29c4-4c0b-8a4e-5d7c3e91b004',
} as const satisfies Record<keyof typeof builtInRoles, string>;
