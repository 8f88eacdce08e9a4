import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { type Check, examine, exitCodeOf } from '../../../../../src/setup/doctor/check.ts';
import { reportJson, resultLines, summaryLine } from '../../../../../src/setup/doctor/report.ts';

const check = (name: string, ok: boolean, needed = true): Check => ({
  name,
  needed,
  probe: async () => ({ ok, found: `found ${name}` }),
  remedy: `Install ${name}.\nThen start again.`,
});

const silent = () => undefined;

describe('examine', () => {
  it('tells each result as soon as it is there, one after the other', async () => {
    const told: string[] = [];
    await examine([check('a', true), check('b', false)], ({ name }) => told.push(name));
    expect(told).toEqual(['a', 'b']);
  });

  it('takes a probe that throws for a thing that does not work', async () => {
    const probe = () => Promise.reject(new CodedError('qemu-missing'));
    const [result] = await examine([{ ...check('QEMU', true), probe }], silent);
    expect(result).toMatchObject({ ok: false, found: 'QEMU is not installed on the broker.' });
  });

  it('prefers the remedy that a probe found to that of the check', async () => {
    const probe = async () => ({ ok: false, found: 'half of it', remedy: 'Mend the other half.' });
    const [own, usual] = await examine([{ ...check('a', true), probe }, check('b', false)], silent);
    expect(own?.remedy).toBe('Mend the other half.');
    expect(usual?.remedy).toMatch(/^Install b/);
  });

  it('does not speak of --offline to a person who never used it', async () => {
    const fault = new CodedError('offline-missing', { detail: 'the guest image' });
    const broken = { ...check('Image', true), probe: () => Promise.reject(fault) };
    const [result] = await examine([broken], silent);
    expect(result?.found).toBe('not on this machine: the guest image');
  });
});

describe('exit code and summary', () => {
  it.each([
    [[check('a', true)], 0, 'Everything that Porthole needs is here.'],
    [[check('a', true), check('b', false, false)], 0, 'It would do better with: b.'],
    [[check('a', false), check('b', false, false), check('c', false)], 1, 'Missing: a, c.'],
  ])('%#', async (checks, exitCode, summary) => {
    const results = await examine(checks, silent);
    expect(exitCodeOf(results)).toBe(exitCode);
    expect(summaryLine(results)).toContain(summary);
    expect(JSON.parse(reportJson(results))).toMatchObject({ ok: exitCode === 0 });
  });
});

describe('resultLines', () => {
  it('puts the remedy below what was found, in its column', async () => {
    const [missing] = await examine([check('QEMU', false)], silent);
    if (missing === undefined) throw new Error('no result');
    expect(resultLines(missing, 6, false)).toBe(
      '✗ QEMU    found QEMU\n          → Install QEMU.\n          Then start again.',
    );
  });

  it('has colour only where asked', async () => {
    const [found] = await examine([check('QEMU', true)], silent);
    if (found === undefined) throw new Error('no result');
    expect(resultLines(found, 4, false)).toBe('✓ QEMU  found QEMU');
    expect(resultLines(found, 4, true)).toContain('\u001b[32m✓');
  });
});
