import { Button } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { ConfirmButton } from '../components/confirm-button.tsx';
import { Countdown } from '../components/countdown.tsx';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { ShutPorthole } from '../components/shut-porthole.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

/** The one problem that must not be clicked away: it may be an attack. */
export function KeyChangedScreen({ state: { problem, retry } }: { state: StateOf<'blocked'> }) {
  const { bridge, info, run } = useTerminal();
  const text = useText();
  return (
    <EntryLayout picture={<ShutPorthole className="entry-scene" />}>
      <ScreenHeading>{text('keyChanged.title')}</ScreenHeading>
      <dl className="grave">
        <dt>{text('keyChanged.seen')}</dt>
        <dd>{text('keyChanged.seenText')}</dd>
        <dt>{text('keyChanged.meaning')}</dt>
        <dd>{text('keyChanged.meaningText')}</dd>
        <dt>{text('keyChanged.remedy')}</dt>
        <dd>{text('keyChanged.remedyText')}</dd>
      </dl>
      {problem.detail !== undefined && (
        <small className="soft" dir="auto">
          {text('problem.detail', { detail: problem.detail })}
        </small>
      )}
      {retry !== null && (
        <p className="retry">
          <Countdown until={retry.at} before="retry.at" after="retry.now" />
        </p>
      )}
      <div className="actions">
        <Button
          className="button button-primary button-wide"
          onPress={() => run(bridge.retryNow())}
        >
          {text('common.tryAgain')}
        </Button>
        {!info.managed && (
          <ConfirmButton
            className="button"
            label={text('keyChanged.enroll')}
            title={text('keyChanged.enrollTitle')}
            body={text('keyChanged.enrollText')}
            confirm={text('keyChanged.enroll')}
            onConfirm={() => run(bridge.forgetEnrollment())}
          />
        )}
      </div>
    </EntryLayout>
  );
}
