/**
 * The names of what passes between the main process and the renderer. They live apart from the
 * schemas of ipc.ts because the preload knows the names alone: it is loaded into every page, under
 * the sandbox, and must stay small enough to be read at a glance.
 */
export const callNames = [
  'getState',
  'getAppInfo',
  'getPreferences',
  'setPreferences',
  'useMemoryVault',
  'enroll',
  'forgetEnrollment',
  'signIn',
  'signOut',
  'connect',
  'cancel',
  'retryNow',
  'disconnect',
  'endSession',
  'lock',
  'unlock',
  'reportStream',
  'answerShadowing',
  'markMessageRead',
  'fitScreen',
  'openStream',
] as const;
export type CallName = (typeof callNames)[number];

export const stateChannel = 'porthole:state';
export const callChannel = (name: CallName): string => `porthole:call:${name}`;
