import { createContext, type ReactNode, useContext, useLayoutEffect, useState } from 'react';
import type { AppInfo, Preferences, TerminalBridge } from '../../src/contract/ipc.ts';
import { chooseLanguage } from '../text/language.ts';
import { TextProvider } from '../text/text-provider.tsx';

type PreferencesAccess = {
  preferences: Preferences;
  change(part: Partial<Preferences>): void;
};

const PreferencesContext = createContext<PreferencesAccess | null>(null);

export function usePreferences(): PreferencesAccess {
  const access = useContext(PreferencesContext);
  if (access === null) throw new Error('usePreferences needs a PreferencesProvider above it');
  return access;
}

type Props = {
  bridge: TerminalBridge;
  initial: Preferences;
  info: AppInfo;
  children: ReactNode;
};

/** Language, theme and size of the text: shown at once, and kept by the main process for the next start. */
export function PreferencesProvider({ bridge, initial, info, children }: Props) {
  const [preferences, setPreferences] = useState(initial);
  const { theme, textSize } = preferences;

  useLayoutEffect(() => {
    if (theme === null) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  useLayoutEffect(() => {
    document.documentElement.dataset.textSize = String(textSize);
  }, [textSize]);

  function change(part: Partial<Preferences>): void {
    const next = { ...preferences, ...part };
    setPreferences(next);
    // The choice holds for this run even when it could not be kept; the log has the reason.
    bridge.setPreferences(next).then((result) => {
      if (!result.ok) console.error(result.problem.code, result.problem.message);
    }, console.error);
  }

  return (
    <PreferencesContext value={{ preferences, change }}>
      <TextProvider
        language={chooseLanguage(preferences.language, info.systemLanguage)}
        systemLanguage={info.systemLanguage}
      >
        {children}
      </TextProvider>
    </PreferencesContext>
  );
}
