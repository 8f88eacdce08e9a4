import { describe, expect, it } from 'vitest';
import {
  foundationOf,
  isSameKind,
  misfit,
  templateSpec,
} from '../../../../../src/desktops/templates/foundation.ts';
import { facts, image, kind } from './scratch-templates.ts';

const now = foundationOf(kind, image, facts);

it('has what a guest depends on', () => {
  expect(now).toMatchObject({ ...facts, engine: 'para', memoryMb: 64, cpus: 1 });
  expect(now).toMatchObject({ image: image.manifest.id, hasNetwork: false });
  expect(now.disk).toBe(image.manifest.files['disk.raw']?.sha256);
});

describe('misfit', () => {
  it('is null where all is as it was', () => {
    expect(misfit(now, foundationOf(kind, image, facts))).toBe(null);
  });

  it.each([
    [{ image: 'b' }, 'it was made of another image'],
    [{ disk: '0' }, 'it was made of another image'],
    [{ qemu: 'QEMU 6' }, 'it was made with another QEMU: QEMU 6'],
    [{ cpu: 'old' }, 'it was made on another processor: old'],
    [{ accelerator: 'kvm' as const }, 'it was made with kvm'],
    [{ keyboard: 'de' }, 'it was made with the keyboard de'],
    [{ commandLine: '0' }, 'machines were put together otherwise then'],
    [{ memoryMb: 65 }, 'it is a template of another kind of machine'],
    [{ hasNetwork: true }, 'it is a template of another kind of machine'],
  ])('names what is not: %o', (part, reason) => {
    expect(misfit({ ...now, ...part }, now)).toBe(reason);
  });
});

it('takes another QEMU for another foundation of the same kind', () => {
  expect(isSameKind({ ...now, qemu: 'QEMU 6', cpu: 'old', disk: '0' }, now)).toBe(true);
  expect(isSameKind({ ...now, cpus: 2 }, now)).toBe(false);
});

it('has another command line for each kind of machine, and where the image lies does not matter', () => {
  const lines = [kind, { ...kind, cpus: 2 }, { ...kind, hasNetwork: true }].map(
    (one) => foundationOf(one, image, facts).commandLine,
  );
  expect(new Set(lines).size).toBe(3);
  const moved = foundationOf(kind, { ...image, dir: '/elsewhere' }, facts);
  expect(moved.commandLine).toBe(now.commandLine);
});

it('boots a template with a card only where its clones have one', () => {
  expect(templateSpec('id', 'a', kind).network).toEqual({ kind: 'none' });
  const { network } = templateSpec('id', 'a', { ...kind, hasNetwork: true });
  expect(network).toEqual({ kind: 'allowed', destinations: [] });
});
