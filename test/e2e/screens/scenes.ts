import type { Locator, Page } from '@playwright/test';
import { type ErrorCode, problem } from '../../../src/contract/errors.ts';
import type { Session } from '../../../src/contract/session.ts';
import type { SessionPolicy } from '../../../src/contract/session-policy.ts';
import type { TerminalState } from '../../../src/contract/terminal.ts';
import type { RfbServer } from './rfb-server.ts';
import { type App, expect, type OpenOptions } from './screens-test.ts';
import { message, session, shadowingIn, stateNamed, stateNames, streaming } from './states.ts';

export type Stage = { app: App; page: Page; rfb: RfbServer };

/** Something that a person can have before them: a state, or what they have made of one. */
export type Scene = {
  name: string;
  open(stage: Stage, options?: OpenOptions): Promise<void>;
  /** What must be seen for the scene to be there. */
  landmark(page: Page): Locator;
};

const heading = (page: Page) => page.getByRole('heading', { level: 1 });

const ofStates: Scene[] = stateNames.map((name) => ({
  name,
  open: ({ app }, options) => app.open(stateNamed(name), options),
  landmark: heading,
}));

const ofSessions: Scene[] = [
  { name: 'session-opening', open: opening, landmark: heading },
  {
    name: 'session-live',
    open: async (stage, options) => {
      await holdingToolbar(stage, options);
      await stage.page.keyboard.press('Escape');
      await expect(stage.page.locator('.toolbar-slot')).toHaveAttribute('data-shown', 'false');
    },
    landmark: (page) => page.getByRole('application'),
  },
  { name: 'session-toolbar', open: holdingToolbar, landmark: (page) => page.getByRole('toolbar') },
  {
    name: 'session-figures',
    open: (stage, options) =>
      live(stage, { ...options, preferences: { ...options?.preferences, showsFigures: true } }),
    landmark: (page) => page.locator('.figures'),
  },
  {
    name: 'session-screen',
    open: async (stage, options) => {
      await live(stage, options);
      await stage.page.getByRole('toolbar').locator('[aria-haspopup]').press('Enter');
      await expect(stage.page.getByRole('menu')).toBeVisible();
    },
    landmark: (page) => page.getByRole('menu'),
  },
  {
    name: 'session-ending',
    open: async (stage, options) => {
      await holdingToolbar(stage, options);
      await stage.page.getByRole('toolbar').getByRole('button').last().press('Enter');
      await expect(stage.page.getByRole('alertdialog')).toHaveCSS('opacity', '1');
    },
    landmark: (page) => page.getByRole('alertdialog'),
  },
  ...(['disk-full', 'disk-damaged'] as const).map((code) => ({
    name: `session-${code}`,
    open: (stage: Stage, options?: OpenOptions) => suffering(stage, code, options),
    landmark: (page: Page) => page.getByRole('alert'),
  })),
  {
    name: 'session-watermark',
    open: (stage, options) => governed(stage, { watermark: true }, session.expiresAt, options),
    landmark: (page) => page.locator('.watermark'),
  },
  {
    name: 'session-ends-soon',
    open: (stage, options) => governed(stage, {}, inMinutes(4.5), options),
    landmark: (page) => page.getByRole('alert'),
  },
  ...(['requested', 'active'] as const).map((state) => ({
    name: `session-shadowing-${state}`,
    open: (stage: Stage, options?: OpenOptions) =>
      changed(stage, { shadowing: shadowingIn(state) }, options),
    landmark: (page: Page) =>
      page.getByRole(state === 'requested' ? 'alertdialog' : 'status').filter({ hasText: 'Hal' }),
  })),
  {
    name: 'session-message',
    open: (stage, options) => changed(stage, { messages: [message] }, options),
    landmark: (page) => page.getByRole('alert'),
  },
  {
    name: 'session-lost',
    open: async (stage, options) => {
      await live(stage, options);
      stage.rfb.cut();
      await stage.app.push(stateNamed('reconnecting'));
    },
    landmark: heading,
  },
];

const ofFaults: Scene[] = [
  {
    name: 'fault',
    open: async ({ app }, options) => {
      app.tolerate(/TypeError/);
      // What no version of the terminal has is what it takes to make this one fail.
      await app.open({ kind: 'unheard-of' } as unknown as TerminalState, options);
    },
    landmark: heading,
  },
  { name: 'fault-outside', open: ({ app }) => app.openOutside(), landmark: heading },
];

export const scenes: readonly Scene[] = [...ofStates, ...ofSessions, ...ofFaults];

async function opening({ app, rfb }: Stage, options?: OpenOptions): Promise<void> {
  const viewers = rfb.connections;
  await app.open(streaming(rfb.url, 1), options);
  await expect.poll(() => rfb.connections > viewers && rfb.asked).toBe(true);
}

async function live(stage: Stage, options?: OpenOptions): Promise<void> {
  const { app, page, rfb } = stage;
  await opening(stage, options);
  rfb.paint([58, 96, 120]);
  await app.expectCalls({ name: 'reportStream', argument: { kind: 'live', grant: 1 } });
  await app.push(streaming(rfb.url, 1, { live: true }));
  await expect(page.locator('.session')).toHaveAttribute('data-picture', 'live');
}

async function suffering(stage: Stage, code: ErrorCode, options?: OpenOptions): Promise<void> {
  await live(stage, options);
  const ill = { ...session, problem: problem(code) };
  await stage.app.push(streaming(stage.rfb.url, 1, { live: true, session: ill }));
}

/**
 * Live, with the toolbar called by the keyboard: its first sight goes after a few seconds, which may
 * be over before a busy machine has come to look at it.
 */
async function holdingToolbar(stage: Stage, options?: OpenOptions): Promise<void> {
  const { page } = stage;
  await live(stage, options);
  await expect(page.getByRole('application')).toBeFocused();
  await page.keyboard.press('Control+Alt+Shift');
  await expect(page.getByRole('toolbar').getByRole('button').first()).toBeFocused();
}

function governed(
  stage: Stage,
  policy: Partial<SessionPolicy>,
  expiresAt: string,
  options?: OpenOptions,
): Promise<void> {
  return changed(stage, { expiresAt, policy: { ...session.policy, ...policy } }, options);
}

async function changed(
  stage: Stage,
  change: Partial<Session>,
  options?: OpenOptions,
): Promise<void> {
  await live(stage, options);
  const now = { ...session, ...change };
  await stage.app.push(streaming(stage.rfb.url, 1, { live: true, session: now }));
}

function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}
