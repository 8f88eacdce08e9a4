import { Button } from 'react-aria-components';
import type { Retry, StateOf } from '../../src/contract/terminal.ts';
import { BrandMark } from '../components/brand-mark.tsx';
import { Countdown } from '../components/countdown.tsx';
import { ForgetEnrollment } from '../components/forget-enrollment.tsx';
import { Horizon } from '../components/horizon.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { problemText } from '../text/problem-text.ts';
import { useLanguage } from '../text/text-provider.tsx';
import { useText } from '../text/use-text.ts';

export function StartingScreen({ state: { broker, retry } }: { state: StateOf<'booting'> }) {
  const text = useText();
  return (
    <main className="starting">
      <Horizon />
      <BrandMark className="starting-mark" />
      <div className="starting-text">
        {retry === null ? (
          <>
            <ScreenHeading>{text('starting.title')}</ScreenHeading>
            <p>{text('starting.text')}</p>
          </>
        ) : (
          <Waiting broker={broker} retry={retry} />
        )}
      </div>
    </main>
  );
}

function Waiting({ broker, retry }: { broker: string | null; retry: Retry }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const { message, remedy } = problemText(retry.problem, useLanguage());
  return (
    <>
      <ScreenHeading>{text('starting.retryTitle')}</ScreenHeading>
      <p>
        {message} {remedy}
      </p>
      <p className="retry">
        <Countdown until={retry.at} before="retry.at" after="retry.now" />
        <span className="soft">{text('retry.attempts', { count: retry.attempt })}</span>
      </p>
      <Button className="button button-primary" onPress={() => run(bridge.retryNow())}>
        {text('common.tryNow')}
      </Button>
      {broker !== null && <ForgetEnrollment broker={broker} />}
    </>
  );
}
