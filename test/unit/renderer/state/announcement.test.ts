import { describe, expect, it } from 'vitest';
import { announcementOf, endedTitle, whatStays } from '../../../../renderer/state/announcement.ts';
import { en } from '../../../../renderer/text/en.ts';
import { problem } from '../../../../src/contract/errors.ts';
import { terminalStateSchema } from '../../../../src/contract/terminal.ts';
import { stateNamed, stateNames, streaming } from '../../../e2e/screens/states.ts';

describe('what a state is called', () => {
  it.each(stateNames)('%s, as the screens are tested with it, is a state', (name) => {
    expect(() => terminalStateSchema.parse(stateNamed(name))).not.toThrow();
  });

  it.each(stateNames)('%s has a name with all its values', (name) => {
    const { key, values } = announcementOf(stateNamed(name));
    const wanted = [...en[key].matchAll(/\{(\w+)\}/g)].map(([, value]) => value);
    expect(Object.keys(values ?? {})).toEqual(expect.arrayContaining(wanted));
  });

  it('a stream is opening, live, or on its way back', () => {
    const url = 'wss://broker.example/v1/stream';
    expect(announcementOf(streaming(url, 1)).key).toBe('session.opening');
    expect(announcementOf(streaming(url, 1, { live: true })).key).toBe('session.title');
    expect(announcementOf(streaming(url, 2, { attempt: 1 })).key).toBe('reconnecting.title');
  });

  it.each([
    ['blocked', 'blocked.title'],
    ['blocked-key-changed', 'keyChanged.title'],
    ['enrolling-contacting', 'enroll.contacting'],
    ['enrolling-request', 'enroll.waiting'],
    ['enrolling-retry', 'enroll.unattended'],
    ['account-retry', 'account.title'],
    ['unlocking', 'locked.page'],
  ] as const)('%s is called %s', (name, key) => {
    expect(announcementOf(stateNamed(name)).key).toBe(key);
  });

  it.each([
    ['ended-running', 'ended.running', 'ended.disconnectedTitle'],
    ['ended-full-asleep', 'ended.kept', 'ended.fullTitle'],
    ['ended-not-woken', 'ended.kept', 'ended.failedTitle'],
    ['ended-failed', null, 'ended.failedTitle'],
  ] as const)('%s says of the desktop: %s', (name, stays, title) => {
    const state = stateNamed(name);
    if (state.kind !== 'ended') throw new Error('the fixture is of another kind');
    expect(whatStays(state)).toBe(stays);
    expect(endedTitle(state)).toBe(title);
  });

  it('an end is foreseen, a cut or a failure', () => {
    const base = stateNamed('ended');
    if (base.kind !== 'ended') throw new Error('the fixture is of another kind');
    expect(endedTitle(base)).toBe('ended.title');
    expect(endedTitle({ ...base, problem: problem('session-ended') })).toBe('ended.title');
    expect(endedTitle({ ...base, running: true })).toBe('ended.disconnectedTitle');
    expect(endedTitle({ ...base, problem: problem('host-full') })).toBe('ended.fullTitle');
    expect(endedTitle({ ...base, problem: problem('guest-failed') })).toBe('ended.failedTitle');
    expect(endedTitle({ ...base, problem: problem('stream-time-limit') })).toBe('ended.title');
  });
});
