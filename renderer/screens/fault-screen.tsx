import { BrandMark } from '../components/brand-mark.tsx';
import { Horizon } from '../components/horizon.tsx';
import { ScreenHeading } from '../components/screen-heading.tsx';
import { useText } from '../text/use-text.ts';

/** The last resort: needs neither bridge nor state, and so nothing that could have failed. */
export function FaultScreen({ kind }: { kind: 'fault' | 'outside' }) {
  const text = useText();
  return (
    <main className="starting">
      <Horizon />
      <BrandMark className="starting-mark" />
      <div className="starting-text" role="alert">
        <ScreenHeading>{text('fault.title')}</ScreenHeading>
        <p>{text(kind === 'outside' ? 'fault.outside' : 'fault.text')}</p>
        {kind === 'fault' && (
          <button
            type="button"
            className="button button-primary"
            onClick={() => window.location.reload()}
          >
            {text('fault.reload')}
          </button>
        )}
      </div>
    </main>
  );
}
