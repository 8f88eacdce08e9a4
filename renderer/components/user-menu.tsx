import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { User } from '../../src/contract/broker-api.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';
import { Icon } from './icon.tsx';

export function UserMenu({ user }: { user: User }) {
  const { bridge, run } = useTerminal();
  const text = useText();
  return (
    <MenuTrigger>
      <Button
        className="button button-quiet"
        aria-label={text('user.menu', { name: user.displayName })}
      >
        <Icon name="user" />
        <span className="user-name">{user.displayName}</span>
        <Icon name="chevron" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu">
          <MenuItem className="menu-item" onAction={() => run(bridge.lock())}>
            <Icon name="lock" />
            {text('user.lock')}
          </MenuItem>
          <MenuItem className="menu-item" onAction={() => run(bridge.signOut())}>
            <Icon name="leave" />
            {text('user.signOut')}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
