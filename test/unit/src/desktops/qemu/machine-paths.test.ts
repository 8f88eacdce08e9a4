import { describe, expect, it } from 'vitest';
import { fitsSockets, machinePaths } from '../../../../../src/desktops/qemu/machine-paths.ts';

describe('the files of a machine', () => {
  const id = '8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90';

  it('lie in its folder, and its sockets in another', () => {
    const paths = machinePaths({ dataDir: '/data', runtimeDir: '/run/p' }, id);
    expect(paths.record).toBe(`/data/machines/${id}/machine.json`);
    expect(paths.rfb).toBe('/run/p/8a7c1a522b1f4b7e/rfb');
  });

  it('fit into the address of a socket, or the folder is refused', () => {
    expect(fitsSockets('/run/user/1000/porthole')).toBe(true);
    expect(fitsSockets(`/tmp/${'long/'.repeat(14)}`)).toBe(false);
    // Bytes count, not letters.
    expect(fitsSockets(`/tmp/${'é'.repeat(35)}`)).toBe(false);
  });
});
