import type { App, OnBeforeRequestListenerDetails, Session, WebContents } from 'electron';
import type { Log } from '../log.ts';
import { type Refused, refusals } from './refusals.ts';

/** What the pages of one session may do. */
export type SessionRules = {
  /** @param origin of the asking frame, with or without a slash at its end */
  isPermitted(permission: string, origin: string): boolean;
  isRequestAllowed(details: OnBeforeRequestListenerDetails): boolean;
};

/** Where one page may go. */
export type PageRules = {
  isNavigationAllowed(address: string): boolean;
  /** A redirect was refused, so that the page does not get to where it was sent. */
  redirectRefused(page: WebContents, address: string): void;
  /** The page went where nobody asks whether it may, such as `about:blank`. */
  strayed(page: WebContents): void;
};

/**
 * Guards a session: permissions, devices, downloads and requests. Electron grants by default, and
 * asks two handlers, one for requests and one for checks, so both are set.
 */
export function guardSession(session: Session, rules: SessionRules, log: Log): void {
  const refused = refusals(log);
  session.setPermissionRequestHandler((_page, permission, answer, details) => {
    const permitted = rules.isPermitted(permission, originOf(details.requestingUrl));
    if (!permitted) refused('permission', permission);
    answer(permitted);
  });
  // Checks are made all the time and say nothing about intent: they are not logged.
  session.setPermissionCheckHandler((_page, permission, origin) =>
    rules.isPermitted(permission, origin),
  );
  session.webRequest.onBeforeRequest((details, answer) => {
    const allowed = rules.isRequestAllowed(details);
    if (!allowed) refused('request', details.url);
    answer({ cancel: !allowed });
  });
  denyDevices(session);
  session.on('will-download', (event, item) => {
    event.preventDefault();
    refused('download', item.getURL());
  });
  session.setSpellCheckerEnabled(false);
}

function denyDevices(session: Session): void {
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
}

/**
 * Guards every page there will ever be, whoever makes it, and the connections of all of them.
 * @param rulesOf what holds for a page; asked while the page is being made
 */
export function guardApp(app: App, rulesOf: (page: WebContents) => PageRules, log: Log): void {
  const refused = refusals(log);
  app.on('web-contents-created', (_event, page) => guardPage(page, rulesOf(page), refused));
  app.on('certificate-error', (event, _page, url, error, _certificate, answer) => {
    event.preventDefault();
    refused('certificate', url, { error });
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

function guardPage(page: WebContents, rules: PageRules, refused: Refused): void {
  page.on('will-frame-navigate', (event) => {
    if (rules.isNavigationAllowed(event.url)) return;
    event.preventDefault();
    refused('navigation', event.url);
  });
  page.on('will-redirect', (event) => {
    if (rules.isNavigationAllowed(event.url)) return;
    event.preventDefault();
    refused('redirect', event.url);
    if (event.isMainFrame) rules.redirectRefused(page, event.url);
  });
  // Chromium asks nobody about `about:blank`.
  page.on('did-navigate', (_event, url) => {
    if (rules.isNavigationAllowed(url)) return;
    refused('navigation', url);
    rules.strayed(page);
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
