import type { ScreenFit, ScreenWish } from '../../contract/broker-api.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Machine } from '../../desktops/engine.ts';

/** A program of the built image; others may bring one of the same name. */
const program = '/usr/lib/porthole/fit-screen';

/**
 * Together less than a terminal waits for an answer. An agent begins some seconds after the first
 * picture, and a slow guest takes longer: who asks again is told of what was done meanwhile.
 */
const agentPatienceMs = 2_000;
const programPatienceMs = 6_000;

/**
 * Asks the system in the guest to fit itself to a screen, which its hardware can't tell it.
 * @throws session-not-ready
 */
export async function fitScreen(machine: Machine, wish: ScreenWish): Promise<ScreenFit> {
  if (machine.state.kind !== 'running') throw new CodedError('session-not-ready');
  const { width, height, percent } = wish;
  const command = [program, String(width), String(height), String(percent)] as const;
  try {
    const agent = machine.agent();
    try {
      await agent.ping({ timeoutMs: agentPatienceMs });
      const { exitCode } = await agent.run(command, { timeoutMs: programPatienceMs });
      return { fitted: exitCode === 0 };
    } finally {
      await agent.release();
    }
  } catch (error) {
    // Without the agent, or without the program.
    if (error instanceof CodedError) return { fitted: false };
    throw error;
  }
}
