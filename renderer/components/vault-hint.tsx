import type { AppInfo } from '../../src/contract/ipc.ts';
import { useTerminal } from '../state/terminal.tsx';
import type { MessageKey } from '../text/messages.ts';
import { useText } from '../text/use-text.ts';

const hints: Record<AppInfo['vault'], MessageKey | null> = {
  keychain: null,
  file: 'vault.file',
  memory: 'vault.memory',
};

/** Where the key of this terminal is kept, unless that is where everybody expects it. */
export function VaultHint() {
  const { info } = useTerminal();
  const text = useText();
  const hint = hints[info.vault];
  return hint === null ? null : <p className="hint">{text(hint)}</p>;
}
