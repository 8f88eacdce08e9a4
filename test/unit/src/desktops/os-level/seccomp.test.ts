import { describe, expect, it } from 'vitest';
import { seccompFilter } from '../../../../../src/desktops/os-level/seccomp.ts';
import { type Architecture, callsOf } from '../../../../../src/desktops/os-level/system-calls.ts';

type Call = { audit: number; number: number; firstArgument?: number };

/** Runs the filter as the kernel would (net/core/filter.c), on `struct seccomp_data`. */
function verdictOn(filter: Buffer, { audit, number, firstArgument = 0 }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(audit, 4);
  data.writeUInt32LE(firstArgument, 16);
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const code = filter.readUInt16LE(at);
    const value = filter.readUInt32LE(at + 4);
    const jump = (holds: boolean) => {
      at += 8 * filter.readUInt8(at + (holds ? 2 : 3));
    };
    if (code === 0x20) accumulator = data.readUInt32LE(value);
    else if (code === 0x15) jump(accumulator === value);
    else if (code === 0x35) jump(accumulator >= value);
    else if (code === 0x45) jump((accumulator & value) !== 0);
    else if (code === 0x06) return value;
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the program runs over its end, and the kernel would not take it');
}

const allow = 0x7fff0000;
const refuse = 0x00050001;
const unknown = 0x00050026;
const kill = 0x80000000;
const newUserNamespace = 0x10000000;
/** CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, and the signal at the end: a thread, and a fork. */
const thread = 0x00010f00;
const fork = 0x01200011;

describe.each<Architecture>(['x86-64', 'aarch64'])('the filter of system calls for %s', (name) => {
  const filter = seccompFilter(name);
  const { audit, refused, clone, clone3 } = callsOf(name);
  const verdict = (number: number, firstArgument = 0) =>
    verdictOn(filter, { audit, number, firstArgument });

  it('refuses every call of the list', () => {
    expect(refused.length).toBeGreaterThan(45);
    for (const number of refused) expect(verdict(number), String(number)).toBe(refuse);
  });

  it('allows every other one that programs use', () => {
    const others = Array.from({ length: 460 }, (_, number) => number).filter(
      (number) => !refused.includes(number) && number !== clone3,
    );
    for (const number of others) expect(verdict(number), String(number)).toBe(allow);
  });

  it('allows processes and threads, but no namespaces with them', () => {
    expect(verdict(clone, fork)).toBe(allow);
    expect(verdict(clone, thread)).toBe(allow);
    expect(verdict(clone, fork | newUserNamespace)).toBe(refuse);
    expect(verdict(clone, 0x00020000)).toBe(refuse);
    expect(verdict(clone3)).toBe(unknown);
  });

  it('kills what calls by the numbers of another processor', () => {
    const i386 = 0x40000003;
    expect(verdictOn(filter, { audit: i386, number: 20 })).toBe(kill);
  });

  it('has a length that bwrap and the kernel take', () => {
    expect(filter.length % 8).toBe(0);
    expect(filter.length / 8).toBeLessThanOrEqual(4096);
  });
});

it('does not know x32, which numbers the same calls differently', () => {
  const { audit } = callsOf('x86-64');
  const mount = 0x40000000 + 165;
  expect(verdictOn(seccompFilter('x86-64'), { audit, number: mount })).toBe(unknown);
});

it('refuses mount and ptrace under the numbers that each processor has for them', () => {
  expect(callsOf('x86-64').refused).toEqual(expect.arrayContaining([165, 101]));
  expect(callsOf('aarch64').refused).toEqual(expect.arrayContaining([40, 117]));
});
