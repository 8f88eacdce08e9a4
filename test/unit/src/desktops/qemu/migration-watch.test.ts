import { expect, it } from 'vitest';
import { MigrationWatch } from '../../../../../src/desktops/qemu/migration-watch.ts';

it('tells the end of the migration that it was asked for', async () => {
  const watch = new MigrationWatch();
  watch.see('completed'); // of nobody
  const first = watch.next();
  for (const status of ['setup', 'active', 'completed']) watch.see(status);
  await first;
  const second = watch.next();
  watch.see('active');
  watch.see('failed');
  await expect(second).rejects.toMatchObject({ code: 'guest-failed' });
});

it('ends with its guest', async () => {
  const watch = new MigrationWatch();
  const next = watch.next();
  watch.fail('QEMU ended');
  await expect(next).rejects.toMatchObject({ detail: 'QEMU ended' });
});
