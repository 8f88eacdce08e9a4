import type { WebContents } from 'electron';
import type { Log } from '../log.ts';

type DemoAccount = { username: string; password: string };

/**
 * Types the demo's account into the broker's sign-in page, as a person would: into its own fields,
 * by the keyboard, and once. It works by the protocol of Chromium's tools, since the page has no
 * script, and nothing of the account is part of any.
 *
 * @param deps.broker the only origin whose pages it types into
 */
export function createDemoTypist(deps: {
  account: DemoAccount;
  broker: string;
  log: Log;
}): (page: WebContents) => void {
  const { account, broker, log } = deps;
  let typed = false;
  return (page) => {
    if (typed || new URL(page.getURL()).origin !== broker) return;
    typeInto(page, account).then(
      (done) => {
        typed ||= done;
      },
      (error: unknown) => log({ level: 'warn', message: 'the demo cannot sign in', error }),
    );
  };
}

const painted =
  'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))';

/** @returns whether the page has a field for a password */
async function typeInto(page: WebContents, { username, password }: DemoAccount): Promise<boolean> {
  const send = page.debugger.sendCommand.bind(page.debugger);
  // The page need not have the keyboard: the demo also runs where nobody looks.
  await send('Emulation.setFocusEmulationEnabled', { enabled: true });
  // Chromium drops keys that come before the page was painted.
  await send('Runtime.evaluate', { expression: painted, awaitPromise: true });
  const { root } = await send('DOM.getDocument');
  const focus = async (selector: string): Promise<boolean> => {
    const { nodeId } = await send('DOM.querySelector', { nodeId: root.nodeId, selector });
    if (nodeId !== 0) await send('DOM.focus', { nodeId });
    return nodeId !== 0;
  };
  if (await focus('input[name=username]:not([type=hidden], [readonly])')) {
    await send('Input.insertText', { text: username });
  }
  if (!(await focus('input[type=password]'))) return false;
  await send('Input.insertText', { text: password });
  const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 };
  await send('Input.dispatchKeyEvent', { ...enter, type: 'keyDown', text: '\r' });
  await send('Input.dispatchKeyEvent', { ...enter, type: 'keyUp' });
  return true;
}
