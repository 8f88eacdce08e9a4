import type { Session } from 'electron';
import { appOrigin } from '../../src/contract/app-origin.ts';

type RequestHandler = NonNullable<Parameters<Session['setPermissionRequestHandler']>[0]>;
/** Every permission this Electron knows; a new one is a type error until it has a row below. */
export type Permission = Parameters<RequestHandler>[1];

type Rule = { allow: boolean; reason: string };

const allow = (reason: string): Rule => ({ allow: true, reason });
const deny = (reason: string): Rule => ({ allow: false, reason });

const noPrompts = 'a terminal shows no prompts of the web platform';
const noDevices = 'devices reach a desktop through redirection by policy, never through the page';
const noStorage = 'nothing of the user is kept on the terminal';
const noSensors = 'the page has no use for it, and it tells about the person';
const noClipboard = 'what is copied does not cross until a policy for the clipboard says so';

/** The permissions of our own page. No other origin has any. */
export const permissions: Readonly<Record<Permission, Rule>> = {
  ar: deny(noSensors),
  'automatic-fullscreen': deny('full screen is for the person to choose'),
  'background-fetch': deny(noStorage),
  'background-sync': deny(noStorage),
  'captured-surface-control': deny(noSensors),
  'clipboard-read': deny(noClipboard),
  'clipboard-sanitized-write': deny(noClipboard),
  'deprecated-sync-clipboard-read': deny(noClipboard),
  'display-capture': deny('the screen of the terminal is never recorded'),
  fileSystem: deny(noStorage),
  fullscreen: allow('a desktop is best seen on the whole screen'),
  geolocation: deny(noSensors),
  'geolocation-approximate': deny(noSensors),
  'hand-tracking': deny(noSensors),
  hid: deny(noDevices),
  'idle-detection': deny(noSensors),
  keyboardLock: allow('Alt+Tab and the like belong to the desktop that is shown'),
  'local-fonts': deny(noSensors),
  'local-network': allow('the broker may be in the local network; requests.ts says which host'),
  'local-network-access': allow('as local-network, under the name of earlier versions'),
  'loopback-network': allow('the broker may be on this machine; requests.ts says which port'),
  media: deny('camera and microphone are redirected by policy, never through the page'),
  mediaKeySystem: deny('nothing protected is played'),
  midi: deny(noDevices),
  midiSysex: deny(noDevices),
  nfc: deny(noDevices),
  notifications: deny(noPrompts),
  openExternal: deny('the terminal opens no other program'),
  'payment-handler': deny(noPrompts),
  'periodic-background-sync': deny(noStorage),
  'persistent-storage': deny(noStorage),
  pointerLock: allow('3D and remote pointers need movements without an edge'),
  'screen-wake-lock': deny('when a screen sleeps is the machine’s to decide'),
  sensors: deny(noSensors),
  serial: deny(noDevices),
  'smart-card': deny(noDevices),
  'speaker-selection': deny(noSensors),
  'storage-access': deny(noStorage),
  'system-wake-lock': deny('when a machine sleeps is the machine’s to decide'),
  'top-level-storage-access': deny(noStorage),
  unknown: deny('what has no name has no permission'),
  usb: deny(noDevices),
  vr: deny(noSensors),
  'web-app-installation': deny(noPrompts),
  'web-printing': deny(noDevices),
  'window-management': deny(noSensors),
};

/**
 * Whether a page may have a permission.
 *
 * @param permission as Electron names it; names this table does not know are denied
 * @param origin of the asking frame, with or without the slash that Electron adds in some places
 */
export function isPermitted(permission: string, origin: string): boolean {
  const rule: Rule | undefined = Object.hasOwn(permissions, permission)
    ? permissions[permission as Permission] // hasOwn has just said so
    : undefined;
  return rule?.allow === true && (origin === appOrigin || origin === `${appOrigin}/`);
}
