import { z } from 'zod';

/** Everything that a role may allow, with what it means in words. */
export const permissions = {
  'desktops.use': 'Open the desktops that one’s groups are entitled to.',
  'pools.read': 'See pools and golden images.',
  'pools.manage': 'Add, change and remove pools, and destroy the disks that they keep.',
  'images.manage': 'Open the master of a golden image, publish versions, and choose among them.',
  'servers.read': 'See virtual servers.',
  'servers.manage': 'Add, change, start, stop and remove virtual servers and their snapshots.',
  'servers.console': 'Open the console of virtual servers at a terminal.',
  'hosts.read': 'See how much of the host is used, and by what.',
  'sessions.read': 'See who works on which desktop.',
  'sessions.end': 'End the session of another user.',
  'sessions.message': 'Send a message to the user of a session.',
  'sessions.shadow': 'Look at the session of a user who allows it, and help in it.',
  'terminals.read': 'See terminals and requests for enrollment.',
  'terminals.enroll': 'Approve terminals and issue enrollment tokens.',
  'terminals.manage': 'Rename, move and revoke terminals and take their accounts from them.',
  'users.read': 'See users and groups.',
  'users.manage':
    'Add, change and remove users and groups, and entitle groups and terminals to pools.',
  'roles.manage': 'Change what roles allow, and which groups have them.',
  'audit.read': 'Read, verify and export the audit log.',
} as const satisfies Record<string, string>;
export type Permission = keyof typeof permissions;

// Object.keys gives the keys of the constant above, which TypeScript calls strings.
export const permissionSchema = z.enum(Object.keys(permissions) as [Permission, ...Permission[]]);

/** The roles that every broker has. Administrators may add roles of their own. */
export const builtInRoles = {
  administrator: permissionSchema.options,
  'help desk': [
    'pools.read',
    'servers.read',
    'hosts.read',
    'sessions.read',
    'sessions.end',
    'sessions.message',
    'sessions.shadow',
    'terminals.read',
    'users.read',
    'desktops.use',
  ],
  auditor: [
    'audit.read',
    'pools.read',
    'servers.read',
    'hosts.read',
    'sessions.read',
    'terminals.read',
    'users.read',
  ],
  user: ['desktops.use'],
} as const satisfies Record<string, readonly Permission[]>;

/** The groups that every broker has, with their roles. All users are in `everyone`. */
export const builtInGroups = {
  administrators: ['administrator'],
  everyone: ['user'],
} as const satisfies Record<string, readonly (keyof typeof builtInRoles)[]>;
