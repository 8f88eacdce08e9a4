import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { GuestAgentClient } from '../../../../../src/desktops/qemu/guest-agent.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { FakeGuestAgent } from './fake-guest-agent.ts';

describe('the guest agent', () => {
  it('reads a file, part by part, and closes it', async () => {
    const { agent, guest } = start();
    const reading = agent.readFile('/etc/hostname');
    const fake = await guest();
    await fake.sync();
    expect(await fake.request()).toEqual({
      execute: 'guest-file-open',
      arguments: { path: '/etc/hostname', mode: 'r' },
    });
    fake.answer(1000);
    await fake.request();
    fake.answer({ count: 4, 'buf-b64': base64('port'), eof: false });
    await fake.request();
    fake.answer({ count: 4, 'buf-b64': base64('hole'), eof: true });
    expect(await fake.request()).toEqual({
      execute: 'guest-file-close',
      arguments: { handle: 1000 },
    });
    fake.answer({});
    expect((await reading).toString()).toBe('porthole');
  });

  it('runs a program and asks until it has ended', async () => {
    const { agent, guest, clock } = start();
    const running = agent.run(['/bin/false', 'really']);
    const fake = await guest();
    await fake.sync();
    expect((await fake.request()).arguments).toEqual({
      path: '/bin/false',
      arg: ['really'],
      'capture-output': true,
    });
    fake.answer({ pid: 7 });
    await fake.request();
    fake.answer({ exited: false });
    await passUntil(clock, fake.request());
    fake.answer({ exited: true, exitcode: 1, 'err-data': base64('no') });
    expect(await running).toEqual({
      exitCode: 1,
      stdout: Buffer.alloc(0),
      stderr: Buffer.from('no'),
    });
  });

  it('is not misled by noise, echoes, or answers to earlier knocks', async () => {
    const { agent, guest, clock } = start();
    const pinging = agent.readFile('/x');
    const fake = await guest();
    const first = await fake.request();
    fake.say(Buffer.from('login: \x80\n{"execute":"guest-sync-delimited","arguments":{"id":1}}\n'));
    clock.pass(100);
    const second = await fake.request();
    expect(second.arguments.id).not.toBe(first.arguments.id);
    fake.answerSync(Number(first.arguments.id));
    fake.refuse('JSON parse error');
    fake.answerSync(Number(second.arguments.id));
    expect((await fake.request()).execute).toBe('guest-file-open');
    fake.refuse('no such file');
    await expect(pinging).rejects.toThrow('no such file');
  });

  it('is knocked at again soon when it did not listen yet, and less and less often', async () => {
    const { agent, guest, clock } = start();
    const pinging = agent.ping();
    const fake = await guest();
    await fake.request();
    for (const ms of [100, 200, 400, 800, 1600, 3200, 4000, 4000]) {
      let knocked = false;
      const knock = fake.request().finally(() => {
        knocked = true;
      });
      clock.pass(ms - 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(knocked).toBe(false);
      clock.pass(1);
      expect((await knock).execute).toBe('guest-sync-delimited');
    }
    fake.hangUp();
    await expect(pinging).rejects.toMatchObject({ code: 'guest-failed' });
  });

  it('is given up when it never answers, and asked anew over a new line', async () => {
    const { agent, guest, clock } = start();
    const pinging = agent.ping({ timeoutMs: 5000 });
    await (await guest()).request();
    clock.pass(5000);
    await expect(pinging).rejects.toMatchObject({ code: 'guest-failed' });

    const again = agent.ping();
    const fake = await guest();
    await fake.sync();
    await fake.sync();
    await again;
    expect(clock.pending).toBe(0);
  });

  it('closes the line when a request is not answered: a late answer would be the wrong one', async () => {
    const { agent, guest, clock } = start();
    const running = agent.run(['/bin/true']);
    const fake = await guest();
    await fake.sync();
    await fake.request();
    clock.pass(10_000);
    await expect(running).rejects.toThrow('no answer to guest-exec');
  });

  it('refuses an answer of another form', async () => {
    const { agent, guest } = start();
    const running = agent.run(['/bin/true']);
    const fake = await guest();
    await fake.sync();
    await fake.request();
    fake.answer({ pid: 'seven' });
    await expect(running).rejects.toThrow('answer to guest-exec');
  });

  it('is left when nothing is asked of it any more, and called anew for the next', async () => {
    const { agent, guest } = start();
    for (const _ of Array(2)) {
      const pinging = agent.ping();
      const fake = await guest();
      // Once because the line is new, and once because that is what was asked.
      await fake.sync();
      await fake.sync();
      await pinging;
      await agent.release();
    }
  });

  it('does one thing after the other, and a fault of one does not touch the next', async () => {
    const { agent, guest } = start();
    const first = agent.run(['/bin/first']);
    const second = agent.run(['/bin/second']);
    const fake = await guest();
    await fake.sync();
    expect((await fake.request()).arguments.path).toBe('/bin/first');
    fake.refuse('cannot run');
    await expect(first).rejects.toThrow('cannot run');
    expect((await fake.request()).arguments.path).toBe('/bin/second');
    fake.answer({ pid: 1 });
    await fake.request();
    fake.answer({ exited: true, signal: 9 });
    expect((await second).exitCode).toBeNull();
  });

  it('says so when the guest goes away', async () => {
    const { agent, guest } = start();
    const pinging = agent.ping();
    (await guest()).hangUp();
    await expect(pinging).rejects.toMatchObject({ code: 'guest-failed' });
  });
});

/** Each connection that the agent opens is one `guest()`. */
function start() {
  const clock = new FakeClock();
  const waiting: ((fake: FakeGuestAgent) => void)[] = [];
  const opened: FakeGuestAgent[] = [];
  const agent = new GuestAgentClient({
    clock,
    async connect() {
      const [ours, theirs] = duplexPair();
      const fake = new FakeGuestAgent(theirs);
      const next = waiting.shift();
      if (next === undefined) opened.push(fake);
      else next(fake);
      return ours;
    },
  });
  const guest = () => {
    const fake = opened.shift();
    return fake === undefined
      ? new Promise<FakeGuestAgent>((resolve) => waiting.push(resolve))
      : Promise.resolve(fake);
  };
  return { agent, guest, clock };
}

/** Lets time pass, little by little, until that which it leads to has come. */
async function passUntil(clock: FakeClock, event: Promise<unknown>): Promise<void> {
  let come = false;
  void event.then(() => {
    come = true;
  });
  while (!come) {
    clock.pass(5);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
