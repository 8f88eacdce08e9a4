import { describe, expect, it } from 'vitest';
import {
  type CallHandlers,
  type IpcDeps,
  pushState,
  registerCalls,
  type Sender,
} from '../../../main/ipc.ts';
import type { LogEntry } from '../../../main/log.ts';
import { appOrigin } from '../../../src/contract/app-origin.ts';
import {
  type CallName,
  callChannel,
  callNames,
  stateChannel,
} from '../../../src/contract/channels.ts';
import { CodedError } from '../../../src/contract/errors.ts';
import { type CallArgument, calls, type Result } from '../../../src/contract/ipc.ts';
import type { TerminalState } from '../../../src/contract/terminal.ts';

const page = { id: 7 };
const frame = { origin: appOrigin, url: `${appOrigin}/`, parent: null };
const state: TerminalState = { kind: 'unenrolled', offer: null, problem: null };
const secret = 'hunter2';
const someId = '5f0c9a52-7d6e-4b0f-9d3e-1b1c5a1f2e3d';

const good: { [N in CallName]: CallArgument<N> } = {
  getState: undefined,
  getAppInfo: undefined,
  getPreferences: undefined,
  setPreferences: {
    language: 'en',
    theme: null,
    textSize: 100,
    showsFigures: false,
    scaling: 'follow',
    density: 'even',
  },
  useMemoryVault: undefined,
  enroll: { broker: 'https://broker.example' },
  forgetEnrollment: undefined,
  signIn: undefined,
  signOut: undefined,
  connect: { desktopId: '5f0c9a52-7d6e-4b0f-9d3e-1b1c5a1f2e3d' },
  cancel: undefined,
  retryNow: undefined,
  disconnect: undefined,
  endSession: { sessionId: '5f0c9a52-7d6e-4b0f-9d3e-1b1c5a1f2e3d' },
  lock: undefined,
  unlock: undefined,
  reportStream: { kind: 'closed', grant: 1, code: 1006 },
  answerShadowing: { sessionId: someId, shadowing: someId, answer: 'allow' },
  markMessageRead: { sessionId: someId, message: someId },
  fitScreen: {
    sessionId: '5f0c9a52-7d6e-4b0f-9d3e-1b1c5a1f2e3d',
    width: 1366,
    height: 768,
    percent: 100,
  },
  openStream: { grant: 1, channel: 'sound' },
};

/** An ipcMain without Electron: what is registered can be sent to, by anybody. */
function setUp(handlers: Partial<Record<CallName, () => Promise<unknown>>> = {}) {
  const registered = new Map<string, (...args: never[]) => unknown>();
  const log: LogEntry[] = [];
  const received: unknown[][] = [];
  const record =
    (name: CallName) =>
    async (...args: unknown[]) => {
      received.push([name, ...args]);
      return handlers[name]?.();
    };
  const deps: IpcDeps = {
    ipcMain: {
      handle: (channel, listener) => registered.set(channel, listener),
      removeHandler: (channel) => registered.delete(channel),
    },
    // One recorder stands for every handler, whatever it takes and gives.
    handlers: Object.fromEntries(callNames.map((name) => [name, record(name)])) as CallHandlers,
    page: () => page,
    log: (entry) => log.push(entry),
  };
  const calls = registerCalls(deps);
  const send = (name: CallName, args: unknown[], from: object = {}) => {
    const listener = registered.get(callChannel(name));
    if (listener === undefined) throw new Error(`nothing listens for ${name}`);
    const event = { sender: page, senderFrame: frame, ...from } as unknown as Sender;
    // Electron calls with the event and whatever the page has sent.
    const call = listener as unknown as (
      event: Sender,
      ...args: unknown[]
    ) => Promise<Result<unknown>>;
    return call(event, ...args);
  };
  return { send, log, received, registered, calls, deps };
}

it('listens for every call of the contract and for nothing else', () => {
  const { registered, calls: registration } = setUp();
  expect([...registered.keys()].sort()).toEqual(Object.keys(calls).map(channelOf).sort());
  registration.dispose();
  expect(registered.size).toBe(0);
});

function channelOf(name: string): string {
  return `porthole:call:${name}`;
}

describe.each(callNames)('%s', (name) => {
  const withoutArgument = good[name] === undefined;

  it('reaches its handler with its argument', async () => {
    const { send, received } = setUp();
    await send(name, withoutArgument ? [] : [good[name]]);
    expect(received).toEqual([[name, good[name]]]);
  });

  it.each(Object.entries(malformed(good[name])))('refuses %s', async (_what, args) => {
    const { send, received, log } = setUp();
    const result = await send(name, args);
    expect(result).toMatchObject({ ok: false, problem: { code: 'invalid-request' } });
    expect(received).toEqual([]);
    expect(JSON.stringify([result, log])).not.toContain(secret);
    expect(log).toHaveLength(1);
  });

  it.each(Object.entries(strangers()))('refuses %s, and says so', async (_who, from) => {
    const { send, received, log } = setUp();
    const result = await send(name, [good[name]], from);
    expect(result).toMatchObject({ ok: false, problem: { code: 'ipc-refused' } });
    expect(received).toEqual([]);
    expect(log).toEqual([expect.objectContaining({ level: 'warn', call: name })]);
  });

  it('is refused when there is no window', async () => {
    const { send, received, deps } = setUp();
    deps.page = () => null;
    expect(await send(name, [good[name]])).toMatchObject({ problem: { code: 'ipc-refused' } });
    expect(received).toEqual([]);
  });
});

function strangers(): Record<string, object> {
  return {
    'another page': { sender: { id: 8 } },
    'a frame that is gone': { senderFrame: null },
    'a frame within the page': { senderFrame: { ...frame, parent: frame } },
    'a page of the web': { senderFrame: { ...frame, origin: 'https://evil.example' } },
    'an origin that looks like ours': { senderFrame: { ...frame, origin: 'porthole://app.evil' } },
    'another host of our scheme': { senderFrame: { ...frame, origin: 'porthole://other' } },
    'an opaque origin': { senderFrame: { ...frame, origin: 'null' } },
    'a blank page that took over our origin': { senderFrame: { ...frame, url: 'about:blank' } },
    'a file': { senderFrame: { ...frame, origin: 'file://' } },
  };
}

/** What a page could send instead, given an argument that is right. */
function malformed(right: unknown): Record<string, unknown[]> {
  const anything: Record<string, unknown[]> = {
    null: [null],
    'a number': [0],
    'not a number': [Number.NaN],
    'a text': ['text'],
    'a huge text': ['x'.repeat(1 << 20)],
    true: [true],
    'a list': [[]],
    'a list of the right': [[right]],
    bytes: [new Uint8Array(1 << 20)],
    'a map': [new Map()],
    'an error': [new Error('x')],
    'a deep object': [nested(2_000)],
    'two arguments': [right, right],
    'a hundred arguments': Array.from({ length: 100 }, () => right),
  };
  if (typeof right !== 'object' || right === null) return { ...anything, 'an empty object': [{}] };
  return {
    ...anything,
    nothing: [],
    'an empty object': [{}],
    'an extra field': [{ ...right, extra: 1 }],
    'a field named __proto__': [JSON.parse(`{"__proto__":{},${JSON.stringify(right).slice(1)}`)],
    ...Object.fromEntries(Object.keys(right).flatMap((field) => spoilt(right, field))),
  };
}

function spoilt(right: object, field: string): [string, unknown[]][] {
  const without = Object.fromEntries(Object.entries(right).filter(([name]) => name !== field));
  const isFlag = typeof Reflect.get(right, field) === 'boolean';
  const notItsKind = isFlag ? 'true' : true;
  const wrong = [{}, [], notItsKind, Number.POSITIVE_INFINITY, -1, 1.5, 'x'.repeat(1 << 20)];
  return [
    [`no ${field}`, [without]],
    ...wrong.map((value, index): [string, unknown[]] => [
      `a wrong ${field} (${index + 1})`,
      [{ ...right, [field]: value }],
    ]),
  ];
}

function nested(depth: number): object {
  return depth === 0 ? {} : { inner: nested(depth - 1) };
}

describe('an answer', () => {
  it('carries the value', async () => {
    const { send } = setUp({ getState: async () => state });
    expect(await send('getState', [])).toEqual({ ok: true, value: state });
  });

  it('carries the problem that a handler throws', async () => {
    const { send } = setUp({
      signIn: () => Promise.reject(new CodedError('not-possible-now', { detail: 'booting' })),
    });
    expect(await send('signIn', [good.signIn])).toMatchObject({
      ok: false,
      problem: { code: 'not-possible-now', detail: 'booting' },
    });
  });

  it('tells a fault of ours by its code alone, and the log the rest', async () => {
    const { send, log } = setUp({ lock: () => Promise.reject(new TypeError('secret internals')) });
    const result = await send('lock', []);
    expect(result).toMatchObject({ ok: false, problem: { code: 'internal-error' } });
    expect(JSON.stringify(result)).not.toContain('internals');
    expect(log).toEqual([expect.objectContaining({ level: 'error', call: 'lock' })]);
  });

  it('is kept back when it does not fit the contract, such as one with a token in it', async () => {
    const { send } = setUp({ getState: async () => ({ ...state, accessToken: secret }) });
    const result = await send('getState', []);
    expect(result).toMatchObject({ ok: false, problem: { code: 'internal-error' } });
    expect(JSON.stringify(result)).not.toContain(secret);
  });
});

describe('the state', () => {
  function push(pushed: object, isDestroyed = false) {
    const sent: unknown[][] = [];
    const log: LogEntry[] = [];
    pushState(
      { send: (...args: unknown[]) => sent.push(args), isDestroyed: () => isDestroyed },
      pushed as TerminalState,
      (entry) => log.push(entry),
    );
    return { sent, log };
  }

  it('is sent to the page', () => {
    expect(push(state)).toEqual({ sent: [[stateChannel, state]], log: [] });
  });

  it('is kept back and logged when it does not fit the contract', () => {
    const { sent, log } = push({ ...state, refreshToken: secret });
    expect(sent).toEqual([]);
    expect(log).toHaveLength(1);
  });

  it('is not sent to a page that is gone', () => {
    expect(push(state, true).sent).toEqual([]);
  });
});
