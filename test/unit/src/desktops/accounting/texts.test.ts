import { describe, expect, it } from 'vitest';
import { parseSmapsRollup } from '../../../../../src/desktops/accounting/guest-text.ts';
import {
  ksmSaved,
  parseMemory,
  parsePressure,
  parseProcessorTime,
} from '../../../../../src/desktops/accounting/host-text.ts';
import { parsePageSize } from '../../../../../src/desktops/accounting/page-size.ts';

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
    const rest = { sharing: '12\n', pageBytes: 4096 };
    expect(ksmSaved({ run: '1\n', profit: '40960\n', ...rest })).toBe(40_960);
    expect(ksmSaved({ run: '1\n', profit: '-128\n', ...rest })).toBe(0);
    expect(ksmSaved({ run: '0\n', profit: '40960\n', ...rest })).toBeNull();
    expect(ksmSaved({ run: '', profit: '', sharing: '', pageBytes: 4096 })).toBeNull();
  });

  it('counts the pages that are shared where the kernel has no sum of its own', () => {
    const before = { profit: '', sharing: '12\n', pageBytes: 65_536 };
    expect(ksmSaved({ run: '1\n', ...before })).toBe(12 * 65_536);
    expect(ksmSaved({ run: '0\n', ...before })).toBeNull();
    expect(ksmSaved({ run: '1\n', ...before, sharing: '' })).toBeNull();
    expect(ksmSaved({ run: '1\n', ...before, pageBytes: null })).toBeNull();
  });

  it('tells the size of a page', () => {
    const pairs = BigUint64Array.of(33n, 0x7ffe_0000n, 6n, 16_384n, 0n, 0n);
    expect(parsePageSize(Buffer.from(pairs.buffer))).toBe(16_384);
    expect(parsePageSize(Buffer.alloc(0))).toBeNull();
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
});
