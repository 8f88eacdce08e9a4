import { describe, expect, it } from 'vitest';
import {
  capabilitiesNeeded,
  firstProcessCommand,
} from '../../../../../src/desktops/confinement/first-process.ts';

const setpriv = '/usr/bin/setpriv';

describe('the first process', () => {
  it('takes every privilege from what it starts for a machine of root', () => {
    const words = firstProcessCommand({
      ...{ setpriv, runAs: { uid: 77, groups: [5, 6] }, proxySocket: null, nested: false },
    });
    expect(words.slice(0, 6)).toEqual([
      ...[setpriv, '--pdeathsig', 'KILL', '--ambient-caps=-all', '--inh-caps=-all'],
      '--bounding-set=-all,+setuid,+setgid,+setpcap',
    ]);
    expect(words.slice(-2)).toEqual([
      '/usr/bin/setpriv --reuid=77 --regid=77 --groups=5,6 --no-new-privs --inh-caps=-all --bounding-set=-all',
      '',
    ]);
  });

  it('has nothing to take from a plain user', () => {
    const words = firstProcessCommand({ setpriv, runAs: null, proxySocket: null, nested: true });
    expect(words.slice(0, 4)).toEqual([setpriv, '--pdeathsig', 'KILL', '/bin/sh']);
    expect(words.slice(-2)).toEqual(['', '']);
  });

  it('leads to the socket of the proxy, whatever is in its name', () => {
    const proxySocket = '/run/a,fork:b!/proxy';
    const words = firstProcessCommand({ setpriv, runAs: null, proxySocket, nested: false });
    expect(words.at(-1)).toBe('UNIX-CONNECT:/run/a\\,fork\\:b\\!/proxy');
  });

  it('may change mounts only where that is needed, and only before anything else', () => {
    expect(capabilitiesNeeded({ nested: false })).not.toContain('CAP_SYS_ADMIN');
    expect(capabilitiesNeeded({ nested: true })).toContain('CAP_SYS_ADMIN');
    const words = firstProcessCommand({
      ...{ setpriv, runAs: { uid: 77, groups: [5] }, proxySocket: null, nested: true },
    });
    expect(words[0]).toBe('/bin/sh');
    expect(words).toContain('--bounding-set=-all,+setuid,+setgid,+setpcap');
  });
});
