import { Command, InvalidArgumentError } from 'commander';
import type { Group } from '../../../contract/admin.ts';
import { tableText } from '../table.ts';
import type { AdminContext } from './admin-context.ts';
import { collect } from './options.ts';

type Claim = Group['claims'][number];

export function groupCommand({ withAdmin, stdout }: AdminContext): Command {
  const group = new Command('group').description(
    'Groups of users, by which they have roles and pools.',
  );
  group
    .command('add <name>')
    .description('Adds a group.')
    .option('--role <name>', 'a role that its members have; may be repeated', collect, [])
    .option('--pool <name>', poolHelp, collect, [])
    .option('--claim <provider:value>', claimHelp, collectClaims, [])
    .action(async (name: string, { role: roles, pool: pools, claim: claims }: NewGroup) => {
      await withAdmin((admin) => admin.addGroup({ name, roles, pools, claims }));
    });
  group
    .command('change <name>')
    .description(
      'Renames a group, or gives it other roles, pools or claims in place of those it has.',
    )
    .option('--name <name>', 'its new name')
    .option('--role <name>', 'a role that its members have; may be repeated', collect)
    .option('--no-roles', 'its members have no roles by it')
    .option('--pool <name>', poolHelp, collect)
    .option('--no-pools', 'its members may open no pool by it')
    .option('--claim <provider:value>', claimHelp, collectClaims)
    .option('--no-claims', 'nobody is a member by a claim any more')
    .action(async (name: string, options: GroupChange) => {
      await withAdmin((admin) => admin.changeGroup({ group: name, ...changeOf(options) }));
    });
  group
    .command('remove <name>')
    .description('Removes a group; its members stay.')
    .action(async (name: string) => {
      await withAdmin((admin) => admin.removeGroup(name));
    });
  group
    .command('join <name> <user>')
    .description('Puts a user into a group.')
    .action(async (name: string, username: string) => {
      await withAdmin((admin) => admin.joinGroup({ group: name, username }));
    });
  group
    .command('leave <name> <user>')
    .description('Takes a user out of a group.')
    .action(async (name: string, username: string) => {
      await withAdmin((admin) => admin.leaveGroup({ group: name, username }));
    });
  group
    .command('list')
    .description('Lists all groups.')
    .action(async () => {
      const groups = await withAdmin((admin) => admin.listGroups());
      stdout.write(tableText(['NAME', 'MEMBERS', 'ROLES', 'POOLS', 'CLAIMS'], groups.map(rowOf)));
    });
  return group;
}

const poolHelp = 'a pool whose pools its members may open (its name or its id); may be repeated';
const claimHelp =
  'whoever comes from this identity provider with this value among their groups is a member; may be repeated';

type NewGroup = { role: string[]; pool: string[]; claim: Claim[] };

/** `roles`, `pools` and `claims` are false where the option says that there are none. */
type GroupChange = Partial<NewGroup> & {
  name?: string;
  roles?: boolean;
  pools?: boolean;
  claims?: boolean;
};

function changeOf({ name, role, roles, pool, pools, claim, claims }: GroupChange) {
  return {
    name,
    roles: roles === false ? [] : role,
    pools: pools === false ? [] : pool,
    claims: claims === false ? [] : claim,
  };
}

function collectClaims(text: string, others: readonly Claim[] = []): Claim[] {
  const [, identityProvider, value] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (identityProvider === undefined || value === undefined) {
    throw new InvalidArgumentError('This takes the id of an identity provider, ":" and a value.');
  }
  return [...others, { identityProvider, value }];
}

function rowOf(group: Group): string[] {
  return [
    group.name,
    String(group.members),
    group.roles.map(({ name }) => name).join(', '),
    group.pools.map(({ name }) => name).join(', '),
    group.claims.map(({ identityProvider, value }) => `${identityProvider}:${value}`).join(', '),
  ];
}
