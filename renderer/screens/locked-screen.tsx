import { Button } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

export function LockedScreen({ state }: { state: StateOf<'locked'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <EntryLayout grows>
      <ScreenHeading>{text('locked.title')}</ScreenHeading>
      <p className="soft">
        {text('locked.text', { name: state.user.displayName })}{' '}
        {state.session !== null && text('locked.keepsRunning')}
      </p>
      <div className="actions entry-action">
        <Button
          autoFocus
          className="button button-primary button-wide"
          onPress={() => run(bridge.unlock())}
        >
          {text('locked.submit')}
        </Button>
        <Button className="button" onPress={() => run(bridge.signOut())}>
          {text('user.signOut')}
        </Button>
      </div>
      {state.problem !== null && <ProblemNotice problem={state.problem} />}
    </EntryLayout>
  );
}
