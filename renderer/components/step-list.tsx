import { useIntl } from 'react-intl';
import type { Step } from '../../src/contract/session.ts';
import { type StepName, stepNames } from '../../src/contract/step-names.ts';
import { stepElapsed } from '../state/connect-progress.ts';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';

type Props = { steps: readonly Step[]; ageMs: number };

/** All of them from the first moment on: nothing moves when the broker's first answer comes. */
export function StepList({ steps, ageMs }: Props) {
  const text = useText();
  return (
    <ol className="steps" aria-label={text('connecting.steps')}>
      {stepNames.map((name) => (
        <StepRow
          key={name}
          ageMs={ageMs}
          step={steps.find((step) => step.name === name) ?? waitingStep(name)}
        />
      ))}
    </ol>
  );
}

function StepRow({ step, ageMs }: { step: Step; ageMs: number }) {
  const text = useText();
  const intl = useIntl();
  const elapsed = stepElapsed(step, ageMs);
  const seconds =
    elapsed === null
      ? null
      : intl.formatNumber(elapsed / 1000, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return (
    <li className={`step step-${step.state}`} aria-current={step.state === 'active' && 'step'}>
      <span className="step-mark">{step.state === 'done' && <Icon name="check" />}</span>
      <span className="step-name">{text(`step.${step.name}`)}</span>
      <span className="visually-hidden">{text(`step.${step.state}`)}</span>
      <span className="step-time soft">{seconds !== null && text('step.took', { seconds })}</span>
    </li>
  );
}

function waitingStep(name: StepName): Step {
  return { name, state: 'waiting', expectedMs: null, elapsedMs: null };
}
