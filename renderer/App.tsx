import { lazy, type ReactNode, Suspense } from 'react';
import { assertNever } from './assert-never.ts';
import { Announcer } from './components/announcer.tsx';
import { FailureNotice } from './components/failure-notice.tsx';
import { PageStage } from './components/page-stage.tsx';
import { Shell } from './components/shell.tsx';
import { BlockedScreen } from './screens/blocked-screen.tsx';
import { ConnectingScreen } from './screens/connecting-screen.tsx';
import { DesktopsScreen } from './screens/desktops-screen.tsx';
import { EndedScreen } from './screens/ended-screen.tsx';
import { EnrollScreen } from './screens/enroll-screen.tsx';
import { LockedScreen } from './screens/locked-screen.tsx';
import { OpeningScreen } from './screens/opening-screen.tsx';
import { SignInScreen } from './screens/sign-in-screen.tsx';
import { StartingScreen } from './screens/starting-screen.tsx';
import { TerminalAccountScreen } from './screens/terminal-account-screen.tsx';
import { useTerminal } from './state/terminal.tsx';
import { brokerName } from './text/broker-name.ts';
import { useText } from './text/use-text.ts';

// noVNC probes for video decoders while it loads, which must not hold up the first screen.
const SessionScreen = lazy(async () => {
  const { SessionScreen: loaded } = await import('./screens/session-screen.tsx');
  return { default: loaded };
});

export function App() {
  return (
    <>
      <Announcer />
      <Screen />
      <FailureNotice />
    </>
  );
}

function SessionLoading({ name }: { name: string }) {
  return (
    <main className="session">
      <OpeningScreen name={name} />
    </main>
  );
}

/** State → screen. States that share a screen keep it mounted between them. */
function Screen(): ReactNode {
  const { state } = useTerminal();
  const text = useText();
  switch (state.kind) {
    case 'booting':
      return <StartingScreen state={state} />;
    case 'streaming':
    case 'reconnecting':
      return (
        <Suspense fallback={<SessionLoading name={state.session.desktop.name} />}>
          <SessionScreen key={state.session.id} state={state} />
        </Suspense>
      );
    case 'blocked':
      return <Shell content={<BlockedScreen state={state} />} />;
    case 'unenrolled':
    case 'enrolling':
      return <Shell content={<EnrollScreen state={state} />} />;
    case 'signed-out':
    case 'signing-in':
      if (state.account) return <Shell content={<TerminalAccountScreen state={state} />} />;
      return state.kind === 'signing-in' ? (
        <PageStage title={text('signIn.page', { broker: brokerName(state.broker) })} />
      ) : (
        <Shell content={<SignInScreen state={state} />} />
      );
    case 'signed-in':
      return <Shell content={<DesktopsScreen state={state} />} />;
    case 'connecting':
      return <Shell content={<ConnectingScreen state={state} />} />;
    case 'ended':
      return <Shell content={<EndedScreen state={state} />} />;
    case 'locked':
      return state.unlocking ? (
        <PageStage title={text('locked.page', { name: state.user.displayName })} />
      ) : (
        <Shell content={<LockedScreen state={state} />} />
      );
    default:
      return assertNever(state);
  }
}
