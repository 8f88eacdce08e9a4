import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHostHistory } from '../../../../../src/broker/host-figures/host-history.ts';
import { openStore } from '../../../../../src/broker/store/store.ts';
import { type MeasuredMachines, planCommand } from '../../../../../src/setup/cli/plan.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { machineUsage } from '../../broker/host-figures/usages.ts';
import { scratchFolder } from '../../desktops/scratch.ts';

/** What a broker has written down in its store. */
const measuredIn: MeasuredMachines = async (dataDir) => {
  const { db, close } = await openStore({ dataDir });
  try {
    return await createHostHistory({ db, clock: new FakeClock() }).machines();
  } finally {
    await close();
  }
};

/** What the command prints. */
async function plan(args: readonly string[]) {
  let printed = '';
  const stdout = {
    write: (text: string) => {
      printed += text;
    },
  };
  const context = { env: {}, locations: { brokerData: '/nowhere' }, stdout };
  const command = planCommand(context, measuredIn).exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  await command.parseAsync([...args], { from: 'user' });
  return printed;
}

const guide = readFileSync('docs/plan.md', 'utf8');
const block = (language: string) =>
  new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(guide)?.[1] ?? '';

describe('the guide to porthole plan', () => {
  it('shows what the command prints and draws for its example', async () => {
    const folder = await scratchFolder();
    const file = join(folder, 'company.csv');
    await writeFile(file, block('csv'));
    const picture = join(folder, 'plan.svg');
    const [, line = '', output] =
      /^\$ npx porthole plan company\.csv (.*)\n([\s\S]*)$/.exec(block('console')) ?? [];
    const options = line.split(' ').map((word) => (word === 'plan.svg' ? picture : word));
    expect(options).toContain(picture);
    expect(await plan([file, ...options])).toBe(output);
    expect(readFileSync(picture, 'utf8')).toBe(readFileSync('docs/images/plan.svg', 'utf8'));
  });
});

describe('porthole plan', () => {
  it('prints JSON for programs', async () => {
    const file = join(await scratchFolder(), 'a.csv');
    await writeFile(file, block('csv'));
    const { host, steps } = JSON.parse(
      await plan([file, '--json', '--target', '50', '--spare', '0']),
    );
    expect(host).toEqual({ cpus: 16, memoryGb: 64 });
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({ target: 0.5, spare: 0 });
  });

  it('goes by what the broker has measured when there is no file', async () => {
    const dataDir = await scratchFolder();
    const place = ['--data-dir', dataDir, '--spare', '0'];
    const { db, close } = await openStore({ dataDir });
    onTestFinished(() => close());
    await expect(plan(place)).rejects.toThrow('has not measured any guest yet');
    await db
      .insertInto('machines')
      .values({
        ...{ id: randomUUID(), purpose: 'server', belongs_to: randomUUID(), user_id: null },
        image_id: 'mail-1',
        image_version: 1,
        ...{ belongs_to_name: 'Mail', engine: 'para', state: 'running', origin: null },
        ...{ memory_mb: 2048, cpus: 2, started_at: Date.now() - 100_000 },
        usage: JSON.stringify(machineUsage({ cpuSeconds: 50, cpus: 1, pssBytes: 2 ** 30 })),
      })
      .execute();
    expect(await plan(place)).toMatch(/^1 +■+□+ +25 % +■+□+ +50 % +Mail$/m);
  });

  it('says what is wrong with its arguments', async () => {
    await expect(plan(['/nowhere.csv'])).rejects.toMatchObject({ code: 'command-invalid' });
    for (const args of [
      ['--target', '101'],
      ['--target', 'all'],
      ['--spare', '-1'],
      ['--host-cpus', '0'],
    ]) {
      await expect(plan(args)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
    }
  });
});
