import { Button, ProgressBar } from 'react-aria-components';
import type { Step } from '../../src/contract/session.ts';
import type { StateOf } from '../../src/contract/terminal.ts';
import { PortholeScene } from '../components/porthole-scene.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { StepList } from '../components/step-list.tsx';
import { type ConnectProgress, connectProgress } from '../state/connect-progress.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useAge } from '../state/use-age.ts';
import { useDuration } from '../text/use-duration.ts';
import { useText } from '../text/use-text.ts';

const noSteps: Step[] = [];

export function ConnectingScreen({ state }: { state: StateOf<'connecting'> }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const { desktop, session } = state;
  const steps = session?.steps ?? noSteps;
  const age = useAge(session, 100);
  const elapsed = useAge(desktop.id, 1000);
  const progress = connectProgress(steps, age);
  const fraction = progress.fraction ?? 0;
  return (
    <div className="connecting">
      <PortholeScene className="connecting-scene" progress={fraction} />
      <div className="connecting-text">
        <ScreenHeading>{text('connecting.title', { name: desktop.name })}</ScreenHeading>
        <ProgressBar
          className="progress"
          aria-label={text('connecting.progress')}
          value={fraction * 100}
          isIndeterminate={progress.fraction === null}
        >
          {({ percentage }) => (
            <div className="progress-track">
              <div
                className="progress-bar"
                style={percentage === undefined ? {} : { inlineSize: `${percentage}%` }}
              />
            </div>
          )}
        </ProgressBar>
        <TimeLine accepted={session !== null} progress={progress} elapsedMs={elapsed} />
        <StepList steps={steps} ageMs={age} />
        <Button className="button" onPress={() => run(bridge.cancel())}>
          {text('common.cancel')}
        </Button>
      </div>
    </div>
  );
}

type TimeLineProps = { accepted: boolean; progress: ConnectProgress; elapsedMs: number };

function TimeLine({ accepted, progress, elapsedMs }: TimeLineProps) {
  const text = useText();
  const duration = useDuration();
  return (
    <p className="connecting-time">
      <span>{remaining()}</span>
      <span className="soft">
        {text('connecting.elapsed', { duration: duration(Math.floor(elapsedMs / 1000) * 1000) })}
      </span>
    </p>
  );

  function remaining(): string {
    const { remainingMs, overdue } = progress;
    if (!accepted) return text('connecting.asking');
    if (overdue) return text('connecting.longer');
    if (remainingMs === null) return text('connecting.unknown');
    if (remainingMs < 1000) return text('connecting.moment');
    return text('connecting.left', { duration: duration(remainingMs) });
  }
}
