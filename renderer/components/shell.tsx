import type { ReactNode } from 'react';
import type { User } from '../../src/contract/broker-api.ts';
import type { TerminalState } from '../../src/contract/terminal.ts';
import { useTerminal } from '../state/terminal.tsx';
import { useText } from '../text/use-text.ts';
import { AppearanceMenu } from './appearance-menu.tsx';
import { BrandMark } from './brand-mark.tsx';
import { Horizon } from './horizon.tsx';
import { UserMenu } from './user-menu.tsx';

/** What is around every screen but the session's: brand, menus and the sea. */
export function Shell({ content }: { content: ReactNode }) {
  const { state } = useTerminal();
  const text = useText();
  const user = userOf(state);
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {text('app.skip')}
      </a>
      <header className="shell-header">
        <div className="brand">
          <BrandMark />
          <span className="brand-name">{text('app.name')}</span>
        </div>
        <div className="shell-menus">
          <AppearanceMenu />
          {user !== null && <UserMenu user={user} />}
        </div>
      </header>
      <main className="shell-main" id="content" tabIndex={-1}>
        {content}
      </main>
      <Horizon />
    </div>
  );
}

/** Who can lock the terminal or sign out now. */
function userOf(state: TerminalState): User | null {
  return 'user' in state && state.kind !== 'locked' ? state.user : null;
}
