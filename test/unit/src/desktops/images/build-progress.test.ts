import { expect, it } from 'vitest';
import {
  BuildMeter,
  type BuildProgress,
} from '../../../../../src/desktops/images/build-progress.ts';

it('a build never goes back, and ends at the whole', () => {
  const heard: BuildProgress[] = [];
  const meter = new BuildMeter((progress) => heard.push(progress));
  meter.report('packages', 0, 'begins');
  meter.report('packages', 0.5, 'half of the packages');
  meter.report('packages', 0.4, 'a step back');
  meter.report('unpack', 7, 'more than all');
  meter.report('disk', 0, 'stages may be skipped');
  meter.report('checksums', 1, 'done');
  const fractions = heard.map(({ fraction }) => fraction);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  expect(fractions[0]).toBe(0);
  expect(fractions[2]).toBe(fractions[1]);
  expect(fractions.at(-1)).toBeCloseTo(1, 10);
});
