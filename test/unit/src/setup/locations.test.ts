import { describe, expect, it } from 'vitest';
import { locationsOf } from '../../../../src/setup/locations.ts';

describe('locationsOf', () => {
  it('follows the XDG variables', () => {
    const env = {
      HOME: '/home/ada',
      XDG_CACHE_HOME: '/c',
      XDG_DATA_HOME: '/d',
      XDG_RUNTIME_DIR: '/r',
      XDG_STATE_HOME: '/s',
    };
    expect(locationsOf(env)).toMatchObject({
      cache: '/c/porthole',
      brokerData: '/d/porthole/broker',
      demoData: '/d/porthole/demo',
      demoProfile: '/d/porthole/demo-terminal',
      runtime: '/r/porthole',
      state: '/s/porthole',
    });
  });

  it('has the standard places where they are unset or empty', () => {
    const { cache, brokerData, state } = locationsOf({ HOME: '/home/ada', XDG_CACHE_HOME: '' });
    expect(cache).toBe('/home/ada/.cache/porthole');
    expect(brokerData).toBe('/home/ada/.local/share/porthole/broker');
    expect(state).toBe('/home/ada/.local/state/porthole');
  });
});
