import { parseArgs } from 'node:util';
import { median, rounded } from '../statistics.ts';
import { BenchBroker } from './broker.ts';
import { load, type Sample } from './load.ts';
import {
  type BenchTerminal,
  enrolled,
  enrolledByApproval,
  resume,
  signIn,
  startSession,
} from './terminals.ts';
import { tokenChecks } from './token-checks.ts';

/** CPU times are those of the broker's process, for one; each figure is the median of the rounds. */
export type IdentityResult = {
  /** By an enrollment token: key, TLS connection, token grant, registration. */
  enrollmentsPerS: number;
  enrollmentCpuMs: number;
  /** With the approval given before the first poll. */
  deviceEnrollmentsPerS: number;
  deviceEnrollmentCpuMs: number;
  /** Authorization request, form, password, code, tokens. */
  signInsPerS: number;
  signInCpuMs: number;
  /** What checking the password with argon2id takes of a sign-in's CPU time. */
  signInArgon2Share: number;
  resumesPerS: number;
  resumeCpuMs: number;
  /** Requests with a token, whose proof and nonce are checked. */
  tokenChecksPerS: number;
  tokenCheckCpuMs: number;
  tokenChecksPerSWithoutDpop: number;
  tokenCheckCpuMsWithoutDpop: number;
  /** CPU time of a request with its proof checked, over that of one whose proof is believed. */
  dpopCost: number;
};

type Size = { rounds: number; terminals: number; checks: number };

/** Of everything that takes milliseconds: so many at each terminal in each round. */
const flowsEach = 3;

/** `--rounds`, `--terminals` at a time, and `--checks` of tokens at each terminal in each round. */
export async function benchIdentity(args: readonly string[]): Promise<IdentityResult> {
  const size = sizeOf(args);
  const broker = await BenchBroker.start('checked', size.terminals);
  const believing = await BenchBroker.start('believed', size.terminals);
  try {
    const [ours, theirs] = [await seated(broker, size), await seated(believing, size)];
    try {
      for (const one of ours) await startSession(one, broker);
      return await measure({ broker, believing, ours, theirs, size });
    } finally {
      for (const one of [...ours, ...theirs]) await one.dispose();
    }
  } finally {
    for (const one of [broker, believing]) await one.dispose();
  }
}

type Scene = {
  broker: BenchBroker;
  believing: BenchBroker;
  ours: readonly BenchTerminal[];
  theirs: readonly BenchTerminal[];
  size: Size;
};

async function measure({ broker, believing, ours, theirs, size }: Scene): Promise<IdentityResult> {
  const flow = (each: number, work: (one: BenchTerminal, user: number) => Promise<void>) => () =>
    load(broker, ours, each, (one) => work(one, ours.indexOf(one)));
  const { enrollments, approvals, resumes, signIns, checks, unchecked } = await inTurns(
    size.rounds,
    {
      enrollments: flow(flowsEach, async () => (await enrolled(broker)).dispose()),
      approvals: flow(flowsEach, async () => (await enrolledByApproval(broker)).dispose()),
      resumes: flow(flowsEach, resume),
      signIns: flow(flowsEach, signIn),
      checks: () => tokenChecks(broker, 'checked', ours, size.checks),
      unchecked: () => tokenChecks(believing, 'believed', theirs, size.checks),
    },
  );
  return {
    enrollmentsPerS: rounded(enrollments.perS),
    enrollmentCpuMs: rounded(enrollments.brokerCpuMs),
    deviceEnrollmentsPerS: rounded(approvals.perS),
    deviceEnrollmentCpuMs: rounded(approvals.brokerCpuMs),
    signInsPerS: rounded(signIns.perS),
    signInCpuMs: rounded(signIns.brokerCpuMs),
    signInArgon2Share: rounded((await broker.passwordCpuMs()) / signIns.brokerCpuMs, 2),
    resumesPerS: rounded(resumes.perS),
    resumeCpuMs: rounded(resumes.brokerCpuMs),
    tokenChecksPerS: rounded(checks.perS),
    tokenCheckCpuMs: rounded(checks.brokerCpuMs, 3),
    tokenChecksPerSWithoutDpop: rounded(unchecked.perS),
    tokenCheckCpuMsWithoutDpop: rounded(unchecked.brokerCpuMs, 3),
    dpopCost: rounded(checks.brokerCpuMs / unchecked.brokerCpuMs, 2),
  };
}

/** Terminals with a user at each. */
async function seated(broker: BenchBroker, { terminals }: Size): Promise<BenchTerminal[]> {
  const made: BenchTerminal[] = [];
  while (made.length < terminals) {
    const one = await enrolled(broker);
    await signIn(one, made.length);
    made.push(one);
  }
  return made;
}

/**
 * All of them in each round, so that whatever else the machine does meets them all; the medians.
 * The first round warms the compiler up and does not count.
 */
async function inTurns<Name extends string>(
  rounds: number,
  measures: Record<Name, () => Promise<Sample>>,
): Promise<Record<Name, Sample>> {
  const names = Object.keys(measures) as Name[]; // no others were put in
  const samples = new Map<Name, Sample[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const sample = await measures[name]();
      if (round > 0) samples.get(name)?.push(sample);
    }
  }
  const medians = names.map((name) => [name, medianOf(samples.get(name) ?? [])] as const);
  return Object.fromEntries(medians) as Record<Name, Sample>; // one of each
}

function medianOf(samples: readonly Sample[]): Sample {
  return {
    perS: median(samples.map(({ perS }) => perS)),
    brokerCpuMs: median(samples.map(({ brokerCpuMs }) => brokerCpuMs)),
  };
}

function sizeOf(args: readonly string[]): Size {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      terminals: { type: 'string', default: '4' },
      checks: { type: 'string', default: '500' },
    },
  });
  const size = {
    rounds: Number(values.rounds),
    terminals: Number(values.terminals),
    checks: Number(values.checks),
  };
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  if (!Object.values(size).every(isCount)) throw new Error('options are whole numbers above 0');
  return size;
}
