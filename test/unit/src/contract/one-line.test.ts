import { describe, expect, it } from 'vitest';
import { usernameSchema } from '../../../../src/contract/admin.ts';
import { terminalNameSchema } from '../../../../src/contract/identity.ts';
import { nameSchema } from '../../../../src/contract/name.ts';

const names = { nameSchema, usernameSchema, terminalNameSchema };

describe.each(Object.entries(names))('%s', (_, schema) => {
  it.each(['Ada Lovelace', 'o’brien, "ada"', 'أمل', '李 雷', 'a\u200db'])('takes %j', (name) => {
    expect(schema.safeParse(name).success).toBe(true);
  });

  it.each(['a\0b', 'a\nb', 'a\u001b[31m', 'a\u2028b', 'a\u202eb', 'a\u2066b'])(
    'refuses %j',
    (name) => {
      expect(schema.safeParse(name).success).toBe(false);
    },
  );
});
