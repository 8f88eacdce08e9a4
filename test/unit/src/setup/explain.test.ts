import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import { explain } from '../../../../src/setup/explain.ts';
import { SetupStop } from '../../../../src/setup/stop.mjs';

describe('explain', () => {
  it('says what happened, what to do, and the code to look it up by', () => {
    const { text, exitCode } = explain(new CodedError('port-in-use', { detail: '127.0.0.1:7600' }));
    expect(text).toBe(
      'Another program already listens on this port. (127.0.0.1:7600)\n' +
        'Stop it, or choose another port with --port.\n' +
        '[port-in-use]',
    );
    expect(exitCode).toBe(1);
  });

  it.each(['offline-missing', 'display-missing'] as const)(
    'ends with 2 at %s, which only the person can mend',
    (code) => {
      expect(explain(new CodedError(code)).exitCode).toBe(2);
    },
  );

  it('takes the exit code of a stop in set-up', () => {
    expect(explain(new SetupStop('Install npm.', 2))).toEqual({
      text: 'Install npm.',
      exitCode: 2,
    });
  });

  it('does not make a fault of the end that the person asked for', () => {
    const { reason } = AbortSignal.abort();
    expect(explain(reason)).toEqual({ text: 'Stopped.', exitCode: 130 });
  });

  it('keeps the stack of what was not thrown on purpose', () => {
    const { text, exitCode } = explain(new TypeError('bug'));
    expect(text).toContain('explain.test.ts');
    expect(exitCode).toBe(1);
    expect(explain('text').text).toBe('text');
  });
});
