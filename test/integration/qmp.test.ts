import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/contract/clock.ts';
import { connectWhenThere } from '../../src/desktops/qemu/connect.ts';
import { QmpClient } from '../../src/desktops/qemu/qmp.ts';
import { type QmpEvent, qmpCommands, qmpEvents } from '../../src/desktops/qemu/qmp-schema.ts';

const folder = await mkdtemp(join(tmpdir(), 'porthole-qmp-'));
const socketPath = join(folder, 'qmp');
let qemu: ChildProcess;

beforeAll(() => {
  qemu = spawn('qemu-system-x86_64', [
    ...['-machine', 'none', '-nodefaults', '-display', 'none'],
    ...['-chardev', `socket,id=qmp,path=${socketPath},server=on,wait=off`],
    ...['-mon', 'chardev=qmp,mode=control'],
  ]);
});

afterAll(async () => {
  if (qemu.exitCode === null && qemu.kill('SIGKILL')) await once(qemu, 'exit');
  await rm(folder, { recursive: true });
});

/** One entity of `query-qmp-schema` (docs/devel/qapi-code-gen, "Client JSON Protocol introspection"). */
const entitySchema = z.object({
  name: z.string(),
  'meta-type': z.string(),
  'arg-type': z.string().optional(),
  'ret-type': z.string().optional(),
  members: z
    .array(
      z.object({
        name: z.string().default(''),
        type: z.string().optional(),
        default: z.unknown().optional(),
      }),
    )
    .optional(),
});
type Entity = z.infer<typeof entitySchema>;

const replySchema = z.object({ return: z.unknown() });

describe('the table of commands and events', () => {
  let entities: Map<string, Entity>;

  beforeAll(async () => {
    entities = await introspect(await connect());
  });

  it.each(Object.entries(qmpCommands))('%s is as QEMU has it', (name, command) => {
    const entity = entities.get(name);
    expect(entity?.['meta-type']).toBe('command');
    const args = membersOf(entities, entity?.['arg-type']);
    expect(Object.keys(command.arguments.shape)).toEqual(
      expect.arrayContaining(args.filter(({ required }) => required).map((arg) => arg.name)),
    );
    for (const [argument, schema] of Object.entries(command.arguments.shape)) {
      const arg = args.find((candidate) => candidate.name === argument);
      expect(arg, `${name} has no argument ${argument}`).toBeDefined();
      if (!(schema instanceof z.ZodEnum)) continue;
      const values = membersOf(entities, arg?.type).map((value) => value.name);
      expect(values).toEqual(expect.arrayContaining(schema.options));
    }
    expectMembers(name, command.returns.shape, membersOf(entities, entity?.['ret-type']));
  });

  it.each(Object.entries(qmpEvents))('%s is as QEMU has it', (name, data) => {
    const entity = entities.get(name);
    expect(entity?.['meta-type']).toBe('event');
    expectMembers(name, data.shape, membersOf(entities, entity?.['arg-type']));
  });
});

describe('the client against QEMU', () => {
  it('asks, is refused, and sees the end coming', async () => {
    const events: QmpEvent[] = [];
    const client = await QmpClient.open(await connect(), {
      clock: systemClock,
      onEvent: (event) => events.push(event),
    });
    expect(await client.execute('query-status', {})).toEqual({ running: true, status: 'running' });
    const filename = join(folder, 'none.png');
    await expect(client.execute('screendump', { filename, format: 'png' })).rejects.toMatchObject({
      fault: 'refused',
    });
    await client.execute('quit', {});
    expect((await client.closed).fault).toBe('closed');
    expect(events).toEqual([
      { event: 'SHUTDOWN', data: { guest: false, reason: 'host-qmp-quit' } },
    ]);
  });
});

function connect(): Promise<Socket> {
  return connectWhenThere(socketPath, { clock: systemClock, signal: AbortSignal.timeout(10_000) });
}

/** By hand, since this command is for this test only. */
async function introspect(socket: Socket): Promise<Map<string, Entity>> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = async (execute: string): Promise<unknown> => {
    socket.write(JSON.stringify({ execute }));
    const { value } = await lines.next();
    return replySchema.parse(JSON.parse(String(value))).return;
  };
  try {
    await lines.next(); // the greeting
    await ask('qmp_capabilities');
    const entities = z.array(entitySchema).parse(await ask('query-qmp-schema'));
    return new Map(entities.map((entity) => [entity.name, entity]));
  } finally {
    socket.destroy();
  }
}

/** Members of an object, or values of an enumeration. */
function membersOf(entities: Map<string, Entity>, type: string | undefined) {
  const members = type === undefined ? [] : (entities.get(type)?.members ?? []);
  // A member with a default, even null, may be left out.
  return members.map((member) => ({ ...member, required: !('default' in member) }));
}

/** What we read is there; and what we rely on is always there. */
function expectMembers(
  of: string,
  shape: Record<string, z.ZodType>,
  members: ReturnType<typeof membersOf>,
): void {
  for (const [name, schema] of Object.entries(shape)) {
    const member = members.find((candidate) => candidate.name === name);
    expect(member, `${of} has no ${name}`).toBeDefined();
    const mayMiss = schema.safeParse(undefined).success;
    expect(mayMiss || member?.required, `${of} may lack ${name}`).toBe(true);
  }
}
