import { expect, it } from 'vitest';
import {
  nextServerState,
  type ServerEvent,
  type ServerState,
} from '../../../../../src/broker/servers/server-state.ts';

const events = ['start', 'stop', 'machine-running', 'machine-stopped', 'machine-failed'] as const;

it.each<[ServerState, ServerState[]]>([
  ['stopped', ['starting', 'stopped', 'stopped', 'stopped', 'stopped']],
  ['starting', ['starting', 'stopping', 'running', 'stopped', 'failed']],
  ['running', ['running', 'stopping', 'running', 'stopped', 'failed']],
  ['stopping', ['stopping', 'stopping', 'stopping', 'stopped', 'stopped']],
  ['failed', ['starting', 'stopped', 'failed', 'failed', 'failed']],
])('from %s each event leads where it should', (state, expected) => {
  const reached = events.map((event: ServerEvent) => nextServerState(state, event));
  expect(reached).toEqual(expected);
});
