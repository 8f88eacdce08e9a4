import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { Problem } from '../../src/contract/errors.ts';
import { problemText } from '../text/problem-text.ts';
import { useLanguage } from '../text/text-provider.tsx';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';

type Props = {
  problem: Problem;
  /** The keyboard may go back to the desktop. */
  onClose(): void;
};

/** Over the picture: what the desktop suffers from, until it is over or the person has read it. */
export function DiskBanner({ problem, onClose }: Props) {
  const text = useText();
  const language = useLanguage();
  const [read, setRead] = useState(false);
  if (read) return null;
  const { message, remedy } = problemText(problem, language);
  const isHeld = problem.code === 'disk-full';
  return (
    <section className="card banner" role="alert">
      <Icon name="alert" />
      <div className="banner-text">
        <p className="banner-title">{isHeld ? text('session.held') : message}</p>
        <p className="soft">{isHeld ? text('session.heldRemedy') : remedy}</p>
      </div>
      <div className="actions">
        <Button
          className="button"
          onPress={() => {
            setRead(true);
            onClose();
          }}
        >
          {text('common.close')}
        </Button>
      </div>
    </section>
  );
}
