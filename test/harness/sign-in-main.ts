/**
 * An Electron app that has the sign-in window and nothing else of the terminal. It is told what to
 * do by lines of JSON on standard input and answers each with one on standard output.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  app,
  BrowserWindow,
  type Session,
  session,
  type WebContents,
  WebContentsView,
  webContents,
} from 'electron';
import { createLog } from '../../main/log.ts';
import { judge, pinsOf, verdicts } from '../../main/security/certificate-judge.ts';
import { guardApp, type PageRules } from '../../main/security/guards.ts';
import { createDemoTypist } from '../../main/sign-in/demo-typist.ts';
import { signInPageRules } from '../../main/sign-in/sign-in-page-rules.ts';
import { SignInSession } from '../../main/sign-in/sign-in-session.ts';
import { openSignInView } from '../../main/sign-in/sign-in-view.ts';
import { createSignInWindow } from '../../main/sign-in/sign-in-window.ts';
import { CodedError } from '../../src/contract/errors.ts';
import type { SignInOrigin } from '../../src/contract/identity.ts';
import type { SignInRequest } from '../../src/terminal/sign-in-window.ts';
import type { SignInCommand } from './sign-in-app.ts';

type Account = { username: string; password: string };
const setting = (name: string) => process.env[name] ?? '';

if (process.getuid?.() !== 0) app.enableSandbox();
app.setPath('userData', setting('SIGN_IN_PROFILE'));
void app
  .whenReady()
  .then(start)
  .catch((error) => {
    process.stderr.write(`${error}\n`);
    app.exit(1);
  });

/** The window below shows one file and is no part of this. */
const stripRules: PageRules = {
  isNavigationAllowed: () => true,
  redirectRefused: () => undefined,
  strayed: () => undefined,
};

async function start(): Promise<void> {
  const log = createLog(
    (line) => process.stderr.write(line),
    () => new Date(),
  );
  // Both are written by sign-in-app.ts.
  const broker = JSON.parse(setting('SIGN_IN_BROKER')) as SignInOrigin;
  const account = JSON.parse(setting('SIGN_IN_ACCOUNT')) as Account | null;
  const judgeBy = (judged: Session, origins: readonly SignInOrigin[]) => {
    judged.setCertificateVerifyProc((request, answer) => {
      answer(verdicts[judge(request, pinsOf([broker], origins, 'system'), Date.now())].number);
    });
  };
  const signInSession = new SignInSession({
    create: (name) => session.fromPartition(name),
    judge: judgeBy,
    isStale: () => false, // what it is judged by stays the same here
    log,
  });
  const signIn = signInPageRules(signInSession);
  guardApp(app, (page) => (signInSession.owns(page.session) ? signIn : stripRules), log);
  const window = new BrowserWindow({ width: 1000, height: 700 });
  let cancelled = new AbortController();
  const signInWindow = createSignInWindow({
    session: signInSession,
    openView: (pages) =>
      openSignInView({
        window,
        createView: (options) => new WebContentsView(options),
        session: pages,
        cancel: () => cancelled.abort(new Error('cancelled')),
        background: '#ffffff',
        zoomFactor: 1.5,
        log,
      }),
    typist: account === null ? null : createDemoTypist({ account, broker: broker.origin, log }),
  });
  const page = (): WebContents | undefined =>
    webContents.getAllWebContents().find((each) => each !== window.webContents);

  /** What becomes of each command. */
  async function obey(command: SignInCommand): Promise<unknown> {
    switch (command.kind) {
      case 'open':
        cancelled = new AbortController();
        return openPage(command.request, cancelled.signal);
      case 'cancel':
        return cancelled.abort(new Error('cancelled'));
      case 'run':
        return page()?.executeJavaScript(command.script, true);
      case 'press': {
        const target = command.at === 'strip' ? window.webContents : page();
        target?.sendInputEvent({ type: 'keyDown', keyCode: command.key });
        // What a form is sent by is the character of the key.
        if (command.key === 'Enter') target?.sendInputEvent({ type: 'char', keyCode: 'Enter' });
        return target?.sendInputEvent({ type: 'keyUp', keyCode: command.key });
      }
      case 'resize':
        return window.setContentSize(command.width, command.height);
      case 'crash':
        return page()?.forcefullyCrashRenderer();
      case 'look':
        return look();
    }
  }

  async function openPage(request: SignInRequest, signal: AbortSignal): Promise<unknown> {
    try {
      return { arrived: await signInWindow.open(request, signal) };
    } catch (error) {
      if (error instanceof CodedError) return { code: error.code, detail: error.detail };
      return { aborted: String(error) };
    }
  }

  async function look(): Promise<unknown> {
    const [view] = window.contentView.children.filter((child) => child instanceof WebContentsView);
    const views = window.contentView.children.length;
    const session = page()?.session;
    return {
      views,
      bounds: view?.getBounds() ?? null,
      content: window.getContentBounds(),
      url: page()?.getURL() ?? null,
      title: page()?.getTitle() ?? null,
      cookies: (await session?.cookies.get({}))?.length ?? null,
    };
  }

  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { id, ...command } = JSON.parse(line);
      obey(command).then(
        (value) => process.stdout.write(`${JSON.stringify({ id, value: value ?? null })}\n`),
        (error) => process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`),
      );
    })
    .on('close', () => app.quit());
  await window.loadFile(join(import.meta.dirname, 'strip.html'));
  process.stdout.write(`${JSON.stringify({ id: 0, value: 'ready' })}\n`);
}
