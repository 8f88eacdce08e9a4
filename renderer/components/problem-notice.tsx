import type { ReactNode } from 'react';
import type { Problem } from '../../src/contract/errors.ts';
import { useAge } from '../state/use-age.ts';
import { problemText } from '../text/problem-text.ts';
import { useLanguage } from '../text/text-provider.tsx';
import { useDuration } from '../text/use-duration.ts';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';

type Props = { problem: Problem; children?: ReactNode };

/** What went wrong and what to do about it, read out as soon as it shows. */
export function ProblemNotice({ problem, children }: Props) {
  const text = useText();
  const { message, remedy } = problemText(problem, useLanguage());
  return (
    <div className="notice" role="alert">
      <Icon name="alert" />
      <div className="notice-text">
        <strong>{message}</strong>
        <span>{remedy}</span>
        {problem.retryAfterSeconds !== undefined && <RetryAfter problem={problem} />}
        {problem.detail !== undefined && (
          <small dir="auto">{text('problem.detail', { detail: problem.detail })}</small>
        )}
        {problem.requestId !== undefined && (
          <small dir="auto">{text('problem.request', { id: problem.requestId })}</small>
        )}
      </div>
      {children}
    </div>
  );
}

/** Counts down in sight only: a screen reader hears the time once, with the rest of the notice. */
function RetryAfter({ problem }: { problem: Problem }) {
  const text = useText();
  const duration = useDuration();
  const age = useAge(problem, 1000);
  const left = (problem.retryAfterSeconds ?? 0) * 1000 - age;
  if (left <= 0) return null;
  return <span aria-live="off">{text('problem.retryAfter', { duration: duration(left) })}</span>;
}
