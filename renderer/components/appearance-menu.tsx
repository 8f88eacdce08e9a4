import {
  Button,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  type Selection,
} from 'react-aria-components';
import { useIntl } from 'react-intl';
import { textSizes } from '../../src/contract/text-sizes.ts';
import { usePreferences } from '../state/preferences.tsx';
import { isLanguage, languageNames } from '../text/language.ts';
import { useText } from '../text/use-text.ts';
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

type ChoiceProps = {
  /** Sets the choices of one section apart from those of another. */
  id: string;
  label: string;
  selected: string;
  onSelect(key: string): void;
  choices: Choice[];
};

/** With the language of the name, where that is not the page's. */
type Choice = [key: string, name: string, language?: string];

function ChoiceSection({ id, label, selected, onSelect, choices }: ChoiceProps) {
  function select(selection: Selection): void {
    const [key] = selection === 'all' ? [] : selection;
    if (key !== undefined) onSelect(String(key).slice(id.length + 1));
  }
  return (
    <MenuSection
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[`${id}-${selected}`]}
      onSelectionChange={select}
    >
      <Header className="menu-header">{label}</Header>
      {choices.map(([key, name, language]) => (
        <MenuItem key={key} id={`${id}-${key}`} className="menu-item" textValue={name}>
          <Icon name="check" />
          <bdi lang={language}>{name}</bdi>
        </MenuItem>
      ))}
    </MenuSection>
  );
}
