import { expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import { faultOf } from '../../../../src/desktops/fault.ts';

it('names a fault by its code, a full disk by what the system says, and the rest by its words', () => {
  expect(faultOf(new CodedError('image-unknown', { detail: 'x' }))).toMatchObject({
    code: 'image-unknown',
    detail: 'x',
  });
  expect(faultOf(Object.assign(new Error('write'), { code: 'ENOSPC' })).code).toBe('disk-full');
  expect(faultOf(new CodedError('tool-missing', { detail: 'qemu-img' }))).toMatchObject({
    code: 'qemu-missing',
    detail: 'qemu-img',
  });
  expect(faultOf(new Error('odd'))).toMatchObject({ code: 'guest-failed', detail: 'odd' });
  expect(faultOf('odd')).toMatchObject({ code: 'guest-failed', detail: 'odd' });
});
