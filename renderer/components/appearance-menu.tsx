import { Button, Menu, MenuTrigger, Popover } from 'react-aria-components';
import { useIntl } from 'react-intl';
import { textSizes } from '../../src/contract/text-sizes.ts';
import { usePreferences } from '../state/preferences.tsx';
import { isLanguage, languageNames } from '../text/language.ts';
import { useText } from '../text/use-text.ts';
import { type Choice, ChoiceSection } from './choice-section.tsx';
import { Icon } from './icon.tsx';

const system = 'system';

export function AppearanceMenu() {
  const { preferences, change } = usePreferences();
  const text = useText();
  const intl = useIntl();
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
            choices={[
              [system, text('appearance.system')],
              ...Object.entries(languageNames).map(([tag, name]): Choice => [tag, name, tag]),
            ]}
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
          <ChoiceSection
            id="text-size"
            label={text('appearance.textSize')}
            selected={String(preferences.textSize)}
            onSelect={(key) =>
              change({ textSize: textSizes.find((size) => String(size) === key) ?? 100 })
            }
            choices={textSizes.map((size) => [
              String(size),
              intl.formatNumber(size / 100, { style: 'percent' }),
            ])}
          />
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
