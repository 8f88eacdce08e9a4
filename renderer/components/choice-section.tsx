import { Header, MenuItem, MenuSection, type Selection } from 'react-aria-components';
import { Icon } from './icon.tsx';

type ChoiceProps = {
  /** Sets the choices of one section apart from those of another. */
  id: string;
  label: string;
  selected: string;
  onSelect(key: string): void;
  choices: readonly Choice[];
};

/** With the language of the name, where that is not the page's. */
export type Choice = readonly [key: string, name: string, language?: string];

/** One choice out of several in a menu. */
export function ChoiceSection({ id, label, selected, onSelect, choices }: ChoiceProps) {
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
