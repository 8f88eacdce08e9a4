import { createRoot } from 'react-dom/client';
import type { Result, TerminalBridge } from '../src/contract/ipc.ts';
import { App } from './App.tsx';
import { findBridge } from './bridge.ts';
import { FaultBoundary } from './components/fault-boundary.tsx';
import { FaultScreen } from './screens/fault-screen.tsx';
import { PreferencesProvider } from './state/preferences.tsx';
import { TerminalProvider } from './state/terminal.tsx';
import { chooseLanguage } from './text/language.ts';
import { TextProvider } from './text/text-provider.tsx';

/**
 * The static page stays until all of this is known, so that nothing is painted that would be moved
 * or recoloured a moment later.
 */
async function start(root: HTMLElement): Promise<void> {
  const bridge = findBridge();
  const view = bridge === null ? <Fault kind="outside" /> : await prepare(bridge);
  createRoot(root).render(view);
}

async function prepare(bridge: TerminalBridge) {
  const [state, info, preferences] = await Promise.all([
    bridge.getState().then(unwrap),
    bridge.getAppInfo().then(unwrap),
    bridge.getPreferences().then(unwrap),
    // Without the font the words are as good in another.
    document.fonts.load('1em "Inter Variable"').catch(console.error),
  ]);
  return (
    <PreferencesProvider bridge={bridge} initial={preferences} info={info}>
      <FaultBoundary>
        <TerminalProvider bridge={bridge} initial={state} initialInfo={info}>
          <App />
        </TerminalProvider>
      </FaultBoundary>
    </PreferencesProvider>
  );
}

/** Before the preferences are known, the language is the system's. */
function Fault({ kind }: { kind: 'fault' | 'outside' }) {
  return (
    <TextProvider
      language={chooseLanguage(null, navigator.language)}
      systemLanguage={navigator.language}
    >
      <FaultScreen kind={kind} />
    </TextProvider>
  );
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.problem.code}: ${result.problem.message}`);
}

const root = document.getElementById('root');
if (root !== null) {
  start(root).catch((error: unknown) => {
    console.error(error);
    createRoot(root).render(<Fault kind="fault" />);
  });
}
