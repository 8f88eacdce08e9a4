import { Button, Menu, MenuTrigger, Popover } from 'react-aria-components';
import type { Scaling } from '../../src/contract/ipc.ts';
import { usePreferences } from '../state/preferences.tsx';
import { useText } from '../text/use-text.ts';
import { ChoiceSection } from './choice-section.tsx';
import { Icon } from './icon.tsx';

const scalings = ['follow', 'fit', 'actual', 'multiples'] as const satisfies Scaling[];

type Props = { onOpenChange(isOpen: boolean): void };

/** How the picture of a desktop is fitted into the window. */
export function ScreenMenu({ onOpenChange }: Props) {
  const { preferences, change } = usePreferences();
  const text = useText();
  return (
    <MenuTrigger onOpenChange={onOpenChange}>
      <Button className="button button-quiet toolbar-action">
        <Icon name="screen" />
        <span>{text('screen.label')}</span>
      </Button>
      <Popover className="popover" placement="bottom">
        <Menu className="menu">
          <ChoiceSection
            id="scaling"
            label={text('screen.scaling')}
            selected={preferences.scaling}
            onSelect={(key) => {
              const scaling = scalings.find((known) => known === key);
              if (scaling !== undefined) change({ scaling });
            }}
            choices={scalings.map((scaling) => [scaling, text(`screen.${scaling}`)])}
          />
          {window.devicePixelRatio > 1 && (
            <ChoiceSection
              id="density"
              label={text('screen.density')}
              selected={preferences.density}
              onSelect={(key) => change({ density: key === 'sharp' ? 'sharp' : 'even' })}
              choices={[
                ['even', text('screen.even')],
                ['sharp', text('screen.sharp')],
              ]}
            />
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
