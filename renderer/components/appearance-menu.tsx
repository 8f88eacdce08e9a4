import { Button, Menu, MenuTrigger, Popover } from 'react-aria-components';
import { usePreferences } from '../state/preferences.tsx';
import { isLanguage, languageNames } from '../text/language.ts';
import { useText } from '../text/use-text.ts';
import { ChoiceSection } from './choice-section.tsx';
import { Icon } from './icon.tsx';

const system = 'system';

export function AppearanceMenu() {
  const { preferences, change } = usePreferences();
  const text = useText();
  return (
    <MenuTrigger>
      <Button className="button button-quiet button-icon" aria-label={text('appearance.label')}>
        <Icon name="appearance" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu">
          <ChoiceSection
            id="language"
            label={text('appearance.language')}
            selected={preferences.language ?? system}
            onSelect={(key) => change({ language: isLanguage(key) ? key : null })}
            choices={[[system, text('appearance.system')], ...Object.entries(languageNames)]}
          />
          <ChoiceSection
            id="theme"
            label={text('appearance.theme')}
            selected={preferences.theme ?? system}
            onSelect={(key) => change({ theme: key === 'light' || key === 'dark' ? key : null })}
            choices={[
              [system, text('appearance.system')],
              ['light', text('appearance.light')],
              ['dark', text('appearance.dark')],
            ]}
          />
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
