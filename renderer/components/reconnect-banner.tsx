import { Button } from 'react-aria-components';
import type { Retry } from '../../src/contract/terminal.ts';
import { useTerminal } from '../state/terminal.tsx';
import { problemText } from '../text/problem-text.ts';
import { useLanguage } from '../text/text-provider.tsx';
import { useText } from '../text/use-text.ts';
import { Countdown } from './countdown.tsx';
import { Icon } from './icon.tsx';

type Props = {
  retry: Retry | null;
  /** Whether there is a last picture to be seen: a page that was loaded again has none. */
  hasPicture: boolean;
};

/** Over the last frame: what happened, when the next try is, and the two things one can do. */
export function ReconnectBanner({ retry, hasPicture }: Props) {
  const { bridge, run } = useTerminal();
  const text = useText();
  const language = useLanguage();
  return (
    <section className="card banner" aria-label={text('reconnecting.title')}>
      <Icon name="refresh" />
      <div className="banner-text">
        <h1 className="banner-title">
          {retry === null
            ? text('reconnecting.title')
            : problemText(retry.problem, language).message}
        </h1>
        <p className="soft">
          {text('reconnecting.running')}{' '}
          {text(hasPicture ? 'reconnecting.lastPicture' : 'reconnecting.noPicture')}
        </p>
      </div>
      <p className="banner-countdown">
        {retry === null ? (
          text('retry.now')
        ) : (
          <Countdown until={retry.at} before="retry.at" after="retry.now" />
        )}
      </p>
      <div className="actions">
        <Button
          className="button button-primary"
          isDisabled={retry === null}
          onPress={() => run(bridge.retryNow())}
        >
          {text('common.tryNow')}
        </Button>
        <Button className="button" onPress={() => run(bridge.disconnect())}>
          {text('reconnecting.leave')}
        </Button>
      </div>
    </section>
  );
}
