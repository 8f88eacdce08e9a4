import { expect, it } from 'vitest';
import {
  isOpen,
  nextShadowingState,
  type ShadowingEvent,
} from '../../../../../src/broker/help-desk/shadowing-state.ts';
import { shadowingStateSchema } from '../../../../../src/contract/help-desk.ts';

const events: ShadowingEvent[] = ['allow', 'decline', 'expire', 'stop'];

it.each([
  ['requested', 'allow', 'active'],
  ['requested', 'decline', 'declined'],
  ['requested', 'expire', 'expired'],
  ['requested', 'stop', 'ended'],
  ['active', 'stop', 'ended'],
  // A user who was too late, or presses twice.
  ['active', 'decline', 'active'],
  ['active', 'expire', 'active'],
] as const)('%s, then %s, is %s', (state, event, next) => {
  expect(nextShadowingState(state, event)).toBe(next);
});

it('nothing comes of one that is over', () => {
  for (const state of shadowingStateSchema.options.filter((each) => !isOpen(each))) {
    for (const event of events) expect(nextShadowingState(state, event)).toBe(state);
  }
});
