import { contextBridge, ipcRenderer } from 'electron';
import { type CallName, callChannel, callNames, stateChannel } from '../src/contract/channels.ts';
import type { TerminalBridge } from '../src/contract/ipc.ts';

/**
 * The only thing the page has of the main process. It passes arguments and answers on as they are:
 * both are parsed in main, where the page cannot reach the parser.
 */
const invoke = (name: CallName) => (argument?: unknown) =>
  ipcRenderer.invoke(callChannel(name), argument);

const bridge = {
  ...Object.fromEntries(callNames.map((name) => [name, invoke(name)])),
  onState(listener: (state: unknown) => void) {
    // The event itself holds the sender, through which a page could send on any channel.
    const forward = (_event: unknown, state: unknown) => listener(state);
    ipcRenderer.on(stateChannel, forward);
    return () => {
      ipcRenderer.off(stateChannel, forward);
    };
  },
  // Built from the very list that TerminalBridge is typed by; fromEntries forgets the names.
} as unknown as TerminalBridge;

contextBridge.exposeInMainWorld('porthole', bridge);
