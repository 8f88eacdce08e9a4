import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host, Machine } from '../../src/desktops/engine.ts';
import { builtImage, Fixture, networkedClone, reaches } from './desktops-fixture.ts';

let fixture: Fixture;
let host: Host;

beforeAll(async () => {
  fixture = await Fixture.make();
  host = await fixture.host();
});

afterAll(async () => {
  await host.dispose();
  expect(await fixture.held()).toEqual([]);
  await fixture.dispose();
});

const kind = { image: builtImage, memoryMb: 384, cpus: 1, hasNetwork: true } as const;

describe('without a template', () => {
  it('a machine boots, and it is said why', async () => {
    const machine = host.start(networkedClone());
    await reaches(machine, 'booting');
    expect(machine.origin).toMatchObject({ kind: 'boot', reason: expect.stringMatching(/\w/) });
    await machine.stop('asked');
  });
});

const crowds = [
  { engine: 'para', count: 20 },
  { engine: 'full', count: 2 },
] as const;

describe.each(crowds)('$count clones of one template of $engine', ({ engine, count }) => {
  const machines: Machine[] = [];
  const facts: Facts[] = [];

  beforeAll(async () => {
    const template = await host.prepareTemplate({ ...kind, engine });
    expect(template).toMatchObject({ kind: 'ready' });
    for (let i = 0; i < count; i++) {
      const machine = host.start({ ...networkedClone(), engine });
      await reaches(machine, 'running');
      machines.push(machine);
    }
    // One after the other: two processors for twenty guests are few.
    for (const machine of machines) facts.push(await factsOf(machine));
  });

  afterAll(async () => {
    await Promise.all(machines.map((machine) => machine.stop('asked')));
  });

  it('are clones', () => {
    for (const { origin } of machines) expect(origin).toMatchObject({ kind: 'clone' });
  });

  it('are called what they were told', () => {
    expect(facts.map(({ hostname }) => hostname)).toEqual(
      machines.map((machine) => machine.spec.hostname),
    );
  });

  it.each(['hostname', 'machineId', 'mac', 'random', 'uuid'] as const)(
    'have a %s each of their own',
    (fact) => {
      const values = facts.map((one) => one[fact]);
      expect(new Set(values).size).toBe(count);
      for (const value of values) expect(value.length).toBeGreaterThan(3);
    },
  );

  it('have identities of the right form', () => {
    for (const { machineId, mac, random } of facts) {
      expect(machineId).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
      expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
      expect(random).toMatch(/^[0-9a-f]{128}$/);
    }
  });

  it('have the time of the host', () => {
    for (const { clock, askedAt, answeredAt } of facts) {
      expect(clock).toBeGreaterThan(askedAt - 2);
      expect(clock).toBeLessThan(answeredAt + 2);
    }
  });

  it('were told by the machine too that they are others now', () => {
    for (const { fork } of facts) expect(fork).toMatch(/reseeded due to virtual machine fork/);
  });

  it('share no file that one writes', async () => {
    const [first, ...others] = machines;
    const write = ['/bin/sh', '-c', 'echo mine > /home/user/mine; sync'] as const;
    await first?.agent().run(write);
    await expect(first?.agent().readFile('/home/user/mine')).resolves.toBeDefined();
    for (const other of others.slice(0, 3)) {
      await expect(other.agent().readFile('/home/user/mine')).rejects.toMatchObject({
        code: 'guest-failed',
      });
    }
  });

  it('run on when the template is removed from the disk', async () => {
    await rm(join(fixture.cacheDir, 'templates'), { recursive: true });
    const machine = machines[1] ?? expect.unreachable();
    const { exitCode } = await machine.agent().run(['/bin/sh', '-c', 'cat /usr/bin/* | wc -c']);
    expect(exitCode).toBe(0);
    await expect(access(join(fixture.cacheDir, 'templates'))).rejects.toThrow('ENOENT');
  });
});

type Facts = Awaited<ReturnType<typeof factsOf>>;

const questions = `
cat /proc/sys/kernel/hostname /etc/machine-id
cat /sys/class/net/e*/address
od -An -v -tx1 -N64 /dev/urandom | tr -d ' \\n'; echo
cat /proc/sys/kernel/random/uuid
date +%s.%N
dmesg | grep -c . ; dmesg | grep fork | tail -1
`;

async function factsOf(machine: Machine) {
  const askedAt = Date.now() / 1000;
  const { stdout } = await machine.agent().run(['/bin/sh', '-c', questions]);
  const answeredAt = Date.now() / 1000;
  const [hostname = '', machineId = '', mac = '', random = '', uuid = '', clock, , fork = ''] =
    String(stdout).split('\n');
  return {
    hostname,
    machineId,
    mac,
    random,
    uuid,
    clock: Number(clock),
    fork,
    askedAt,
    answeredAt,
  };
}
