import { beforeEach, inject } from 'vitest';

beforeEach(({ skip }) => {
  if (inject('postgres') === null) skip('PostgreSQL is not installed: apt-get install postgresql');
});
