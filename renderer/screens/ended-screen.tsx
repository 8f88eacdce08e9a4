import { Button } from 'react-aria-components';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EntryLayout } from '../components/entry-layout.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { endedTitle, isWishedEnd, whatStays } from '../state/announcement.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';

export function EndedScreen({ state }: { state: StateOf<'ended'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const { desktop, problem, running } = state;
  const stays = whatStays(state);
  const again = problem?.code === 'host-full' || stays === 'ended.kept';
  return (
    <EntryLayout>
      <ScreenHeading>{text(endedTitle(state), { name: desktop.name })}</ScreenHeading>
      {stays !== null && <p className="soft">{text(stays)}</p>}
      {!running && isWishedEnd(problem) ? (
        <p className="soft">{text('ended.text')}</p>
      ) : (
        problem !== null && <ProblemNotice problem={problem} />
      )}
      <div className="actions actions-stacked">
        <Button
          autoFocus
          className="button button-primary"
          onPress={() => run(bridge.connect({ desktopId: desktop.id }))}
        >
          {text(again ? 'common.tryAgain' : running ? 'ended.reconnect' : 'ended.again')}
        </Button>
        <Button className="button" onPress={() => run(bridge.cancel())}>
          {text('ended.back')}
        </Button>
      </div>
    </EntryLayout>
  );
}
