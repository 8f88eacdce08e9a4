import { Button } from 'react-aria-components';
import { useTerminal } from '../state/terminal.tsx';
import { useEscape } from '../state/use-escape.ts';
import { useText } from '../text/use-text.ts';
import { Horizon } from './horizon.tsx';
import { PortholeScene } from './porthole-scene.tsx';
import { ScreenHeading } from './screen-heading.tsx';

/**
 * What is around the broker's sign-in page: a strip that stays in sight, and below it what is seen
 * until main has laid the page over it. The page knows nothing of the strip, so that it cannot
 * imitate what stands there.
 */
export function PageStage({ title }: { title: string }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const cancel = () => void run(bridge.cancel());
  useEscape(cancel);
  return (
    <div className="page-stage">
      <header className="page-strip">
        <ScreenHeading className="page-title">
          <bdi>{title}</bdi>
        </ScreenHeading>
        <Button className="button page-cancel" onPress={cancel}>
          {text('common.cancel')}
        </Button>
      </header>
      <main className="page-waiting">
        <PortholeScene className="page-scene" />
        <p className="soft">{text('signIn.opening')}</p>
      </main>
      <Horizon />
    </div>
  );
}
