import { expect, it } from 'vitest';
import {
  formatEnrollmentCode,
  randomEnrollmentCode,
} from '../../../../../src/broker/identity/enrollment-code.ts';
import { enrollmentCodeSchema } from '../../../../../src/contract/broker-api.ts';

it('has no letters that look alike, and is read back however it is typed', () => {
  for (let round = 0; round < 200; round += 1) {
    const code = randomEnrollmentCode();
    expect(code).toMatch(/^[A-HJKMNP-Z2-9]{8}$/);
    const shown = formatEnrollmentCode(code);
    expect(shown).toMatch(/^.{4}-.{4}$/);
    expect(enrollmentCodeSchema.parse(` ${shown.toLowerCase()}`)).toBe(code);
  }
});
