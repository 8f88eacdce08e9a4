/**
 * Runs the network of the terminal's main process in a real Electron, on the word of a test: each
 * message of the parent is a call, and each is answered once.
 */
import { app, BrowserWindow, session } from 'electron';
import { createBrokerNetwork } from '../../../main/broker-network.ts';
import { CodedError } from '../../../src/contract/errors.ts';
import type { NetworkAnswer, NetworkCall } from './calls.ts';

const network = createBrokerNetwork({
  createSession: (name) => session.fromPartition(name),
  now: Date.now,
});

function pin({ origin, anchors, learned }: NetworkCall & { kind: 'pin' }): void {
  network.pin(origin, anchors, async () => {
    if (learned !== undefined) network.pin(origin, learned);
  });
}

async function openPage(): Promise<(url: string) => Promise<string>> {
  const pages = session.fromPartition('pages');
  network.judge(pages, [], 'refused');
  const window = new BrowserWindow({ show: false, webPreferences: { session: pages } });
  await window.loadURL('data:text/html,');
  return (url) =>
    window.webContents.executeJavaScript(
      `new Promise((resolve) => {
        const socket = new WebSocket(${JSON.stringify(url)});
        socket.onopen = () => { socket.close(); resolve('open'); };
        socket.onerror = () => resolve('refused');
      })`,
    );
}

async function visit({ url, origins }: NetworkCall & { kind: 'visit' }): Promise<string> {
  const pages = session.fromPartition(`visit-${url}`);
  network.judge(pages, origins, 'refused');
  const window = new BrowserWindow({ show: false, webPreferences: { session: pages } });
  try {
    await window.loadURL(url);
    return await window.webContents.executeJavaScript('document.body.innerText');
  } finally {
    window.destroy();
  }
}

async function answer(call: NetworkCall, openSocket: (url: string) => Promise<string>) {
  switch (call.kind) {
    case 'pin':
      return pin(call);
    case 'stale':
      return network.isStale(session.fromPartition('pages'));
    case 'fetch': {
      const response = await network.fetch(call.url, call.init);
      return { status: response.status, text: await response.text() };
    }
    case 'introduce':
      return network.introduce(call.origin, AbortSignal.timeout(10_000));
    case 'socket':
      return openSocket(call.url);
    case 'visit':
      return visit(call);
  }
}

function faultOf(error: unknown): NonNullable<NetworkAnswer['fault']> {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof CodedError ? error.code : message, message };
}

async function start(): Promise<void> {
  await app.whenReady();
  const openSocket = await openPage();
  process.on('message', ({ number, call }: { number: number; call: NetworkCall }) => {
    const send = (answered: NetworkAnswer) => process.send?.(answered);
    answer(call, openSocket).then(
      (value) => send({ number, value }),
      (error: unknown) => send({ number, fault: faultOf(error) }),
    );
  });
  process.send?.({ ready: true });
}

app.on('window-all-closed', () => undefined); // it ends with its parent
process.once('disconnect', () => app.exit());
// Not awaited: Electron is ready only once this module is.
void start();
