import { describe, expect, it } from 'vitest';
import {
  parseNetDev,
  parseSmapsRollup,
} from '../../../../../src/desktops/accounting/guest-text.ts';
import {
  ksmSaved,
  parseMemory,
  parsePressure,
  parseProcessorTime,
} from '../../../../../src/desktops/accounting/host-text.ts';

describe('what the kernel says of the host', () => {
  it('counts waiting for a disk as idle, and time in guests once', () => {
    const stat = 'cpu  100 10 50 800 40 5 5 20 70 3\ncpu0 100 10 50 800 40 5 5 20 70 3\nintr 1 2\n';
    expect(parseProcessorTime(stat)).toEqual({ busy: 190, total: 1030 });
  });

  it('reads memory in bytes', () => {
    const meminfo = `MemTotal:       24684344 kB
MemFree:        24011876 kB
MemAvailable:   24162680 kB
SwapCached:            0 kB
SwapTotal:       2097148 kB
SwapFree:        2097048 kB
`;
    expect(parseMemory(meminfo)).toEqual({
      total: 24_684_344 * 1024,
      available: 24_162_680 * 1024,
      swapUsed: 100 * 1024,
    });
  });

  it('reads pressure as a share, where there is any', () => {
    const text =
      'some avg10=12.50 avg60=0.40 avg300=0.00 total=8123\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=1\n';
    expect(parsePressure(text)).toBe(0.125);
    expect(parsePressure('')).toBeNull();
  });

  it('tells what merging equal pages saves only where it is on', () => {
    expect(ksmSaved({ run: '1\n', profit: '40960\n' })).toBe(40_960);
    expect(ksmSaved({ run: '1\n', profit: '-128\n' })).toBe(0);
    expect(ksmSaved({ run: '0\n', profit: '40960\n' })).toBeNull();
    expect(ksmSaved({ run: '', profit: '' })).toBeNull();
  });
});

describe('what the kernel says of a guest', () => {
  it('reads shares and what is its own', () => {
    const rollup = `55ffee0c7000-7ffc1b7f1000 ---p 00000000 00:00 0                          [rollup]
Rss:               54321 kB
Pss:               47000 kB
Pss_Dirty:         40100 kB
Pss_Anon:          40000 kB
Shared_Clean:       9000 kB
Shared_Dirty:          0 kB
Private_Clean:       900 kB
Private_Dirty:     40100 kB
`;
    expect(parseSmapsRollup(rollup)).toEqual({
      pssBytes: 47_000 * 1024,
      privateBytes: 41_000 * 1024,
    });
  });

  it('adds all interfaces up, and lo too', () => {
    const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    1500      11    0    0    0     0          0         0     1500      11    0    0    0     0       0          0
  eth0:7707961692  234047    0    0    0     0          0         0 17453739  165484    0    0    0     0       0          0
`;
    expect(parseNetDev(netDev)).toEqual({ receivedBytes: 7_707_963_192, sentBytes: 17_455_239 });
    expect(parseNetDev('')).toEqual({ receivedBytes: 0, sentBytes: 0 });
  });
});
