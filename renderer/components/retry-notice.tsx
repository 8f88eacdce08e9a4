import type { Retry } from '../../src/contract/terminal.ts';
import { useText } from '../text/use-text.ts';
import { Countdown } from './countdown.tsx';
import { ProblemNotice } from './problem-notice.tsx';

/** Why something did not come about, and when it is tried again. */
export function RetryNotice({ retry }: { retry: Retry }) {
  const text = useText();
  return (
    <>
      <ProblemNotice problem={retry.problem} />
      <p className="retry">
        <Countdown until={retry.at} before="retry.at" after="retry.now" />
        <span className="soft">{text('retry.attempts', { count: retry.attempt })}</span>
      </p>
    </>
  );
}
