import { Button } from 'react-aria-components';
import type { Retry } from '../../src/contract/terminal.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';
import { EntryLayout } from './entry-layout.tsx';
import { RetryNotice } from './retry-notice.tsx';
import { ScreenHeading } from './screen-heading.tsx';

/** A terminal that enrolls without a person, and whose broker is not there yet. */
export function EnrollmentWait({ retry }: { retry: Retry }) {
  const { bridge, info, run } = useTerminal();
  const text = useText();
  return (
    <EntryLayout grows>
      <ScreenHeading>{text('enroll.unattended')}</ScreenHeading>
      <p>{text('enroll.unattendedText')}</p>
      <RetryNotice retry={retry} />
      <div className="actions">
        <Button
          className="button button-primary button-wide"
          onPress={() => run(bridge.retryNow())}
        >
          {text('common.tryNow')}
        </Button>
        {!info.managed && (
          <Button className="button" onPress={() => run(bridge.cancel())}>
            {text('common.cancel')}
          </Button>
        )}
      </div>
    </EntryLayout>
  );
}
