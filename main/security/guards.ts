import type { App, Session, WebContents } from 'electron';
import type { Log } from '../log.ts';
import { isNavigationAllowed, startPage } from './navigation.ts';
import { isPermitted } from './permissions.ts';
import { isRequestAllowed } from './requests.ts';

/**
 * Guards a session: permissions, devices, downloads and requests. Electron grants by default, and
 * asks two handlers, one for requests and one for checks, so both are set.
 */
export function guardSession(
  session: Session,
  deps: { streamOrigin: () => string | null; log: Log },
): void {
  const refused = (what: string, detail: string) =>
    deps.log({ level: 'warn', message: 'refused', what, detail: detail.slice(0, 200) });

  session.setPermissionRequestHandler((_page, permission, answer, details) => {
    const permitted = isPermitted(permission, originOf(details.requestingUrl));
    if (!permitted) refused('permission', permission);
    answer(permitted);
  });
  // Checks are made all the time and say nothing about intent: they are not logged.
  session.setPermissionCheckHandler((_page, permission, origin) => isPermitted(permission, origin));
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  session.on('select-hid-device', (event, _details, answer) => {
    event.preventDefault();
    answer();
  });
  session.on('select-usb-device', (event, _details, answer) => {
    event.preventDefault();
    answer();
  });
  session.on('select-serial-port', (event, _ports, _page, answer) => {
    event.preventDefault();
    answer('');
  });
  session.on('will-download', (event, item) => {
    event.preventDefault();
    refused('download', item.getURL());
  });
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    const allowed = isRequestAllowed(url, { streamOrigin: deps.streamOrigin() });
    if (!allowed) refused('request', url);
    answer({ cancel: !allowed });
  });
  session.setSpellCheckerEnabled(false);
}

/** Guards every page there will ever be, whoever makes it, and the connections of all of them. */
export function guardApp(app: App, log: Log): void {
  app.on('web-contents-created', (_event, page) => guardPage(page, log));
  app.on('certificate-error', (event, _page, url, error, _certificate, answer) => {
    event.preventDefault();
    log({ level: 'warn', message: 'refused', what: 'certificate', detail: url, error });
    answer(false);
  });
  app.on('select-client-certificate', (event, _page, _url, _list, answer) => {
    event.preventDefault();
    answer();
  });
  app.on('login', (event, _page, _details, _info, answer) => {
    event.preventDefault();
    answer();
  });
}

function guardPage(page: WebContents, log: Log): void {
  const refused = (what: string, detail: string) =>
    log({ level: 'warn', message: 'refused', what, detail: detail.slice(0, 200) });

  page.on('will-frame-navigate', (event) => {
    if (isNavigationAllowed(event.url)) return;
    event.preventDefault();
    refused('navigation', event.url);
  });
  page.on('will-redirect', (event) => {
    if (isNavigationAllowed(event.url)) return;
    event.preventDefault();
    refused('redirect', event.url);
  });
  // Chromium asks nobody about `about:blank`: a page that left for it is brought back.
  page.on('did-navigate', (_event, url) => {
    if (isNavigationAllowed(url)) return;
    refused('navigation', url);
    page.loadURL(startPage).catch((error: unknown) => {
      log({ level: 'error', message: 'the start page did not load', error });
    });
  });
  page.on('will-attach-webview', (event) => {
    event.preventDefault();
    refused('webview', page.getURL());
  });
  page.on('select-bluetooth-device', (event, _devices, answer) => {
    event.preventDefault();
    answer('');
  });
  page.setWindowOpenHandler(({ url }) => {
    refused('window', url);
    return { action: 'deny' };
  });
}

function originOf(address: string): string {
  if (!URL.canParse(address)) return '';
  // Node gives schemes it does not know the origin "null"; ours is one of them.
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}
