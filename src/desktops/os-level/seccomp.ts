import { type Architecture, callsOf } from './system-calls.ts';

/** Instructions of classic BPF, as far as they are needed (linux/bpf_common.h). */
const bpf = { load: 0x20, ifEqual: 0x15, ifAtLeast: 0x35, ifAnyBit: 0x45, end: 0x06 } as const;

/** Where in `struct seccomp_data` they are; of the first argument the lower half. */
const offset = { number: 0, architecture: 4, firstArgument: 16 } as const;

/** What a filter answers (seccomp(2)). */
const verdict = {
  allow: 0x7fff0000,
  /** EPERM: as for somebody without the privilege. */
  refuse: 0x00050001,
  /** ENOSYS: as by an older kernel, so that the C library takes another way. */
  unknown: 0x00050026,
  kill: 0x80000000,
} as const;

/** CLONE_NEWTIME, _NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET (clone(2)). */
const namespaceFlags =
  0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000;

type Instruction = { code: number; value: number; ifTrue?: number; ifFalse?: number };

/**
 * The filter of system calls of os-level desktops, for bwrap's `--seccomp`: an array of
 * `struct sock_filter` (linux/filter.h) in little-endian order. Whatever is not refused is allowed.
 */
export function seccompFilter(architecture: Architecture): Buffer {
  const calls = callsOf(architecture);
  const program: Instruction[] = [
    { code: bpf.load, value: offset.architecture },
    { code: bpf.ifEqual, value: calls.audit, ifTrue: 1 },
    // Else the numbers would mean other calls.
    { code: bpf.end, value: verdict.kill },
    { code: bpf.load, value: offset.number },
    ...(calls.foreignFrom === null
      ? []
      : answerIf(bpf.ifAtLeast, calls.foreignFrom, verdict.unknown)),
    // Its flags are in memory, where no filter can look.
    ...answerIf(bpf.ifEqual, calls.clone3, verdict.unknown),
    ...calls.refused.flatMap((number) => answerIf(bpf.ifEqual, number, verdict.refuse)),
    { code: bpf.ifEqual, value: calls.clone, ifFalse: 3 },
    { code: bpf.load, value: offset.firstArgument },
    ...answerIf(bpf.ifAnyBit, namespaceFlags, verdict.refuse),
    { code: bpf.end, value: verdict.allow },
  ];
  return Buffer.concat(program.map(encode));
}

/** Ends with the answer where the condition holds, and goes on else. */
function answerIf(code: number, value: number, answer: number): Instruction[] {
  return [
    { code, value, ifFalse: 1 },
    { code: bpf.end, value: answer },
  ];
}

function encode({ code, value, ifTrue = 0, ifFalse = 0 }: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}
