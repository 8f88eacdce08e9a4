import type {
  BrowserWindow,
  Input,
  Session,
  WebContents,
  WebContentsView,
  WebContentsViewConstructorOptions,
} from 'electron';
import type { Disposable } from '../../src/contract/disposable.ts';
import type { Log } from '../log.ts';
import { type Refused, refusals } from '../security/refusals.ts';

/** What the renderer keeps of the window: the strip that says where one signs in, with a way out. */
export const stripHeight = 56;

export type SignInViewDeps = {
  window: BrowserWindow;
  createView(options: WebContentsViewConstructorOptions): WebContentsView;
  session: Session;
  /** Called when the person wishes to leave the page. */
  cancel(): void;
  background: string;
  /** How large its text is, 1 being usual. */
  zoomFactor: number;
  log: Log;
};

/**
 * Lays a page over the window, below the strip. It can do what a page of the web can and nothing
 * more: no preload, no dialogs, no files, no developer tools. It is seen once there is something to
 * see, and takes the keyboard then; F6 changes between the page and the strip, Escape leaves.
 */
export function openSignInView(deps: SignInViewDeps): { page: WebContents } & Disposable {
  const { window, createView, session, background, zoomFactor, log } = deps;
  const view = createView({
    webPreferences: {
      session,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      disableDialogs: true,
      spellcheck: false,
      devTools: false,
      zoomFactor,
    },
  });
  const { webContents: page } = view;
  const layOut = () => {
    const { width, height } = window.getContentBounds();
    view.setBounds({ x: 0, y: stripHeight, width, height: Math.max(0, height - stripHeight) });
  };
  const keysOfPage = onKeys(page, { Escape: deps.cancel, F6: () => window.webContents.focus() });
  const keysOfStrip = onKeys(window.webContents, {
    Escape: deps.cancel,
    F6: () => page.focus(),
    Tab: () => page.focus(),
  });
  view.setBackgroundColor(background);
  view.setVisible(false);
  layOut();
  window.on('resize', layOut);
  window.contentView.addChildView(view);
  page.once('dom-ready', () => {
    view.setVisible(true);
    page.focus();
  });
  // A page that asks whether to leave it would keep the person in it.
  page.on('will-prevent-unload', (event) => event.preventDefault());
  refuseFileChoosers(page, refusals(log));
  return {
    page,
    dispose() {
      keysOfPage.dispose();
      keysOfStrip.dispose();
      if (!page.isDestroyed()) page.close();
      if (window.isDestroyed()) return;
      window.off('resize', layOut);
      window.contentView.removeChildView(view);
      window.webContents.focus();
    },
  };
}

function onKeys(page: WebContents, keys: Readonly<Record<string, () => void>>): Disposable {
  const listener = (event: { preventDefault(): void }, input: Input) => {
    const plain = !input.control && !input.alt && !input.meta;
    const action = plain && Object.hasOwn(keys, input.key) ? keys[input.key] : undefined;
    if (action === undefined || input.type !== 'keyDown') return;
    event.preventDefault();
    action();
  };
  page.on('before-input-event', listener);
  return {
    dispose() {
      if (!page.isDestroyed()) page.off('before-input-event', listener);
    },
  };
}

/**
 * A file chooser would show the files of the machine, and let them be sent away. Electron has no
 * event for it; the protocol of Chromium's own tools has (Page.setInterceptFileChooserDialog).
 */
function refuseFileChoosers(page: WebContents, refused: Refused): void {
  page.debugger.attach('1.3');
  page.debugger.on('message', (_event, method) => {
    if (method === 'Page.fileChooserOpened') refused('file chooser', page.getURL());
  });
  const command = async () => {
    await page.debugger.sendCommand('Page.enable');
    await page.debugger.sendCommand('Page.setInterceptFileChooserDialog', { enabled: true });
  };
  command().catch(() => {
    // Fails only when the page is gone, and no chooser can be opened then.
  });
}
