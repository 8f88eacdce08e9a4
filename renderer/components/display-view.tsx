import { type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef } from 'react';
import type { StreamReport } from '../../src/contract/ipc.ts';
import type { StreamGrant } from '../../src/contract/terminal.ts';
import { DisplayStage } from '../stream/display-stage.ts';
import type { FitGuest } from '../stream/guest-screen.ts';
import type { LinkQuality } from '../stream/link-quality.ts';
import type { ScreenChoice } from '../stream/screen-layout.ts';

export type DisplayHandle = Pick<
  DisplayStage,
  'focus' | 'claimFocus' | 'sendCtrlAltDel' | 'takeFigures'
>;

type Props = {
  ref: Ref<DisplayHandle>;
  /** null while there is none: the last frame stays. */
  grant: StreamGrant | null;
  label: string;
  screen: ScreenChoice;
  fitGuest: FitGuest;
  onReport(report: StreamReport): void;
  onStale(stale: boolean): void;
  onQuality(quality: LinkQuality): void;
  onChord(): void;
};

/** Holds the stage for as long as the session is on the screen, across its connections. */
export function DisplayView(props: Props) {
  const { ref, grant, label, screen, fitGuest, onReport, onStale, onQuality, onChord } = props;
  const { scaling, density } = screen;
  const container = useRef<HTMLDivElement>(null);
  const stage = useRef<DisplayStage | null>(null);
  const tellGuest = useEffectEvent(fitGuest);
  const report = useEffectEvent(onReport);
  const tellStale = useEffectEvent(onStale);
  const tellQuality = useEffectEvent(onQuality);
  const tellChord = useEffectEvent(onChord);
  const first = useRef({ label, screen });

  useEffect(() => {
    if (container.current === null) return;
    const created = new DisplayStage({
      container: container.current,
      ...first.current,
      fitGuest: (wish) => tellGuest(wish),
      onReport: (made) => report(made),
      onStale: (stale) => tellStale(stale),
      onQuality: (quality) => tellQuality(quality),
      onChord: () => tellChord(),
    });
    stage.current = created;
    return () => {
      stage.current = null;
      created.dispose();
    };
  }, []);

  useEffect(() => {
    if (grant !== null) stage.current?.open(grant);
  }, [grant]);

  useEffect(() => {
    stage.current?.choose({ scaling, density });
  }, [scaling, density]);

  useImperativeHandle(
    ref,
    () => ({
      focus: () => stage.current?.focus(),
      claimFocus: () => stage.current?.claimFocus(),
      sendCtrlAltDel: () => stage.current?.sendCtrlAltDel(),
      takeFigures: () => stage.current?.takeFigures() ?? null,
    }),
    [],
  );

  // noVNC adds and removes its elements in here; React must never have children in it.
  return <div ref={container} className="stage" />;
}
