import { usernameSchema } from '../../contract/admin.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Database } from '../store/store.ts';

/**
 * The ids of what people call by its name, or by its id. All of them throw `command-invalid` for what
 * is not there, and for a name that several have.
 */
export type Names = {
  user(name: string): Promise<string>;
  group(name: string): Promise<string>;
  role(name: string): Promise<string>;
  pool(nameOrId: string): Promise<string>;
  terminal(nameOrId: string): Promise<string>;
  terminalGroup(name: string): Promise<string>;
  enrollmentToken(labelOrId: string): Promise<string>;
  /** As the audit log has them: a user or a terminal, or what was typed where there is none. */
  actor(nameOrId: string): Promise<string>;
};

const words = {
  groups: 'group',
  roles: 'role',
  pools: 'pool',
  terminals: 'terminal',
  terminal_groups: 'group of terminals',
} as const;

export function createNames({ db }: { db: Database }): Names {
  function rowsOf(table: keyof typeof words, typed: string) {
    return db
      .selectFrom(table)
      .select('id')
      .where((is) => is.or([is('id', '=', typed), is('name', '=', typed.trim())]))
      .execute();
  }

  function usersCalled(typed: string) {
    const { data: username } = usernameSchema.safeParse(typed);
    return db
      .selectFrom('users')
      .select('id')
      .where('username', '=', username ?? '')
      .execute();
  }

  async function idOf(table: keyof typeof words, typed: string): Promise<string> {
    return theOne(await rowsOf(table, typed), `${words[table]} ${typed}`);
  }

  return {
    user: async (typed) => theOne(await usersCalled(typed), `user ${typed}`),
    group: (name) => idOf('groups', name),
    role: (name) => idOf('roles', name),
    pool: (name) => idOf('pools', name),
    terminal: (name) => idOf('terminals', name),
    terminalGroup: (name) => idOf('terminal_groups', name),
    enrollmentToken: async (typed) => {
      const rows = await db
        .selectFrom('enrollment_tokens')
        .select('id')
        .where((is) => is.or([is('id', '=', typed), is('label', '=', typed.trim())]))
        .execute();
      return theOne(rows, `enrollment token ${typed}`);
    },
    actor: async (typed) => {
      const known = [...(await usersCalled(typed)), ...(await rowsOf('terminals', typed))];
      return known.length === 0 ? typed : theOne(known, `user or terminal ${typed}`);
    },
  };
}

/** Of all that was typed in a list. */
export function idsOf(
  names: readonly string[],
  find: (name: string) => Promise<string>,
): Promise<string[]> {
  return Promise.all(names.map((name) => find(name)));
}

function theOne(rows: readonly { id: string }[], what: string): string {
  const [row, another] = rows;
  if (row !== undefined && another === undefined) return row.id;
  const detail = row === undefined ? `there is no ${what}` : `there is more than one ${what}`;
  throw new CodedError('command-invalid', { detail });
}
