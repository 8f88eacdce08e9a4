import type { Page } from '@playwright/test';
import { en } from '../../../renderer/text/en.ts';
import { errorCatalogue } from '../../../src/contract/error-catalogue.ts';
import { type ErrorCode, problem } from '../../../src/contract/errors.ts';
import { problemOfClose, streamClose } from '../../../src/contract/stream.ts';
import type { Context } from '../../../src/terminal/events.ts';
import { transition } from '../../../src/terminal/machine.ts';
import { expect, test } from './screens-test.ts';
import { canvas, green, openLive, red, reports } from './session-picture.ts';
import { desktops, session, stateNamed, streaming } from './states.ts';

const still = '.stage-still';

/** The colour in the middle of a canvas, or null when there is no such canvas. */
function colourOf(page: Page, selector: string): Promise<number[] | null> {
  return page.evaluate((wanted) => {
    const found = document.querySelector<HTMLCanvasElement>(wanted);
    if (found === null || found.width === 0) return null;
    const pixel = found.getContext('2d')?.getImageData(found.width / 2, found.height / 2, 1, 1);
    return pixel === undefined ? null : [...pixel.data].slice(0, 3);
  }, selector);
}

test('offers the protocols of the grant and is live at the first frame, not before', async ({
  app,
  page,
  rfb,
}) => {
  await app.open(streaming(rfb.url, 1));
  await expect.poll(() => rfb.asked).toBe(true);
  expect(rfb.protocols).toEqual(['rfb.porthole.v1', 'ticket.porthole.v1.1']);
  await expect(page.getByRole('main').getByText('Opening the picture')).toBeVisible();

  // Before the picture, so that QEMU does not take its time over it.
  await expect.poll(() => rfb.wakingKey).toBe(-0xffe1);

  const { requests } = rfb;
  rfb.paintNothing();
  // noVNC asks for the next picture as soon as it is done with this one.
  await expect.poll(() => rfb.requests).toBeGreaterThan(requests);
  await app.frames();
  expect(await reports(app)).toEqual([]);

  rfb.paint(red);
  await expect.poll(() => reports(app)).toEqual([{ kind: 'live', grant: 1 }]);
  expect(await colourOf(page, canvas)).toEqual([...red]);
});

test('opens a grant once, however often the state is told', async ({ app, rfb }) => {
  await openLive(app, rfb);
  await app.push(streaming(rfb.url, 1, { live: true }));
  await app.push(streaming(rfb.url, 1, { live: true, session: { ...session, revision: 9 } }));
  expect(rfb.connections).toBe(1);
});

const context: Context = {
  now: Date.now(),
  random: 0.5,
  offer: null,
  unattended: null,
  broker: 'https://broker.example',
  account: false,
};

for (const [name, code] of Object.entries(streamClose)) {
  test(`${name}: tells of the close code and says what the machine makes of it`, async ({
    app,
    page,
    rfb,
  }) => {
    await openLive(app, rfb);
    rfb.close(code);
    await expect.poll(() => reports(app)).toContainEqual({ kind: 'closed', grant: 1, code });
    const next = transition(
      streaming(rfb.url, 1, { live: true }),
      { kind: 'stream-closed', grant: 1, code },
      context,
    );
    if (next === null) throw new Error('the machine has no answer');
    await app.push(next.state);
    const problem = problemOfClose(code);
    const sentence =
      problem === 'session-ended' ? en['ended.text'] : errorCatalogue[problem].message;
    await expect(page.getByRole('main')).toContainText(sentence);
  });
}

test('tells of a ticket that is refused before any greeting', async ({ app, rfb }) => {
  await app.open(streaming(rfb.url, 7));
  await expect.poll(() => rfb.connections).toBe(1);
  rfb.close(streamClose.ticketInvalid);
  await expect.poll(() => reports(app)).toEqual([{ kind: 'closed', grant: 7, code: 4401 }]);
});

test('calls what is no RFB a protocol error', async ({ app, rfb }) => {
  await openLive(app, rfb);
  app.tolerate(/RFB/, /Unexpected server message/);
  rfb.sendGarbage();
  await expect
    .poll(() => reports(app))
    .toContainEqual({ kind: 'closed', grant: 1, code: streamClose.protocolError });
});

test('tells of a broker that is not there', async ({ app }) => {
  await app.open(streaming('ws://127.0.0.1:9/v1/stream', 1));
  await expect.poll(() => reports(app)).toEqual([{ kind: 'closed', grant: 1, code: 1006 }]);
});

test('keeps the last frame, dimmed, until the next one is painted', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  rfb.cut();
  await expect.poll(() => reports(app)).toContainEqual({ kind: 'closed', grant: 1, code: 1006 });
  await app.push(stateNamed('reconnecting'));
  await expect(page.getByText('The connection to the desktop was lost.')).toBeVisible();
  expect(await colourOf(page, still)).toEqual([...red]);
  await expect(page.locator('.stage')).toHaveCSS('filter', /grayscale/);
  await expect(page.getByText(en['reconnecting.lastPicture'])).toBeVisible();

  await app.push(streaming(rfb.url, 2, { attempt: 1 }));
  await expect.poll(() => rfb.connections).toBe(2);
  await expect.poll(() => rfb.asked).toBe(true);
  expect(await colourOf(page, still)).toEqual([...red]);

  rfb.paint(green);
  await expect.poll(() => reports(app)).toContainEqual({ kind: 'live', grant: 2 });
  expect(await colourOf(page, still)).toBeNull();
  expect(await colourOf(page, canvas)).toEqual([...green]);
  await app.push(streaming(rfb.url, 2, { live: true }));
  await expect(page.locator('.stage')).toHaveCSS('filter', 'none');
  await expect(page.locator(canvas)).toBeFocused();
});

test('keeps the last frame when a new grant takes the place of a running one', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  await app.push(streaming(rfb.url, 2, { attempt: 1 }));
  await expect.poll(() => rfb.connections).toBe(2);
  expect(await colourOf(page, still)).toEqual([...red]);
  expect(await reports(app)).toEqual([{ kind: 'live', grant: 1 }]);
});

test('a link that is cut without a word is doubted, then given up, with its last frame', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  app.tolerate(/Disconnection timed out/);
  const { requests } = rfb;
  rfb.silent = true;
  const shown = page.locator('.session');
  await expect(shown).toHaveAttribute('data-picture', 'stale');
  expect(rfb.requests).toBe(requests + 1);
  await expect(page.getByRole('alert')).toHaveText(en['session.stale']);
  await expect(page.locator('.stage')).toHaveCSS('filter', /grayscale/);
  await page.screenshot({ path: 'test-results/gallery/session-stale.png' });
  await page.keyboard.press('a');
  await page.mouse.move(600, 1);
  await page.getByRole('button', { name: 'Ctrl+Alt+Del' }).click();
  expect(rfb.keys).toEqual([]);

  await expect
    .poll(() => reports(app))
    .toEqual([
      { kind: 'live', grant: 1 },
      { kind: 'closed', grant: 1, code: 1006 },
    ]);
  expect(await colourOf(page, still)).toEqual([...red]);
});

test('a late answer makes the picture live again, and the keyboard is its own', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  await expect(page.locator(canvas)).toBeFocused();
  await page.keyboard.down('b');
  rfb.silent = true;
  const shown = page.locator('.session');
  await expect(shown).toHaveAttribute('data-picture', 'stale');
  expect(rfb.keys).toEqual([0x62, -0x62]);
  await page.keyboard.up('b');

  rfb.silent = false;
  rfb.paintNothing();
  await expect(shown).toHaveAttribute('data-picture', 'live');
  await expect(page.locator(canvas)).toBeFocused();
  await page.keyboard.press('a');
  await expect.poll(() => rfb.keys.slice(2)).toEqual([0x61, -0x61]);
  expect(await reports(app)).toEqual([{ kind: 'live', grant: 1 }]);
});

test('a desktop that stands still stays live for as long as it answers', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  const { requests } = rfb;
  await page.evaluate(() => {
    const seen: unknown[] = [];
    Object.assign(window, { seen });
    const shown = document.querySelector('.session');
    if (shown === null) return;
    new MutationObserver(() => seen.push(shown.getAttribute('data-picture'))).observe(shown, {
      attributeFilter: ['data-picture'],
    });
  });
  // Each probe is answered, and each answer is followed by noVNC's own request.
  await expect.poll(() => rfb.requests, { timeout: 15_000 }).toBeGreaterThanOrEqual(requests + 6);
  expect(await page.evaluate(() => 'seen' in window && window.seen)).toEqual([]);
  expect(await reports(app)).toEqual([{ kind: 'live', grant: 1 }]);
});

test('a page that was loaded again speaks of no picture that it does not have', async ({
  app,
  page,
}) => {
  await app.open(stateNamed('reconnecting'));
  await expect(page.getByText(en['reconnecting.noPicture'])).toBeVisible();
  await expect(page.getByText(en['reconnecting.lastPicture'])).toHaveCount(0);
});

test('tries now or leaves from the banner', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  await app.push(stateNamed('reconnecting'));
  await page.getByRole('button', { name: 'Try now' }).click();
  await page.getByRole('button', { name: 'Leave' }).click();
  const asked = (await app.calls()).map(({ name }) => name).slice(-2);
  expect(asked).toEqual(['retryNow', 'disconnect']);
});

test('says why the desktop stands still until it goes on, and damage until that was read', async ({
  app,
  page,
  rfb,
}) => {
  const ill = (code: ErrorCode | null) =>
    streaming(rfb.url, 1, {
      live: true,
      session: { ...session, problem: code === null ? null : problem(code) },
    });
  const banner = page.getByRole('alert');
  await openLive(app, rfb);
  await app.push(ill('disk-full'));
  await expect(banner).toContainText(en['session.held']);
  await expect(banner).toContainText(en['session.heldRemedy']);
  await app.push(ill(null));
  await expect(banner).toHaveCount(0);
  await app.push(ill('disk-damaged'));
  await expect(banner).toContainText(problem('disk-damaged').remedy);
  await banner.getByRole('button', { name: en['common.close'] }).click();
  await expect(banner).toHaveCount(0);
  await expect(page.locator(canvas)).toBeFocused();
});

test('shows nothing of the desktop when locked', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  await app.push(stateNamed('locked'));
  await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
  await expect(page.locator('.stage, .stage-still')).toHaveCount(0);
});

test('sends keys, and lets go of all of them when the focus leaves', async ({ app, page, rfb }) => {
  const [control, shift, alt, a] = [0xffe3, 0xffe1, 0xffe9, 0x61];
  await openLive(app, rfb);
  await expect(page.locator(canvas)).toBeFocused();
  await page.keyboard.press('a');
  await expect.poll(() => rfb.keys).toEqual([a, -a]);

  await page.keyboard.down('Control');
  await page.keyboard.down('Alt');
  await page.keyboard.down('Shift');
  await page.keyboard.up('Shift');
  await expect(page.getByRole('button', { name: 'Disconnect' })).toBeFocused();
  await expect
    .poll(() => rfb.keys.slice(2).toSorted((x, y) => x - y))
    .toEqual([-alt, -control, -shift, shift, control, alt].toSorted((x, y) => x - y));
  await page.keyboard.up('Alt');
  await page.keyboard.up('Control');

  await page.keyboard.press('Escape');
  await expect(page.locator(canvas)).toBeFocused();
});

test('a fourth key makes the chord a shortcut of the desktop', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  await page.keyboard.press('Control+Alt+Shift+A');
  await expect.poll(() => rfb.keys.length).toBe(8);
  await expect(page.locator(canvas)).toBeFocused();
});

test('the toolbar comes at the edge, goes by itself, and does what it says', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  await page.mouse.move(600, 400);
  const toolbar = page.getByRole('toolbar', { name: 'Session' });
  await expect(toolbar).toBeHidden();
  await page.mouse.move(600, 1);
  await expect(toolbar).toBeInViewport({ ratio: 1 });

  await page.getByRole('button', { name: 'Ctrl+Alt+Del' }).click();
  await expect.poll(() => rfb.keys).toEqual([0xffe3, 0xffe9, 0xffff, -0xffff, -0xffe9, -0xffe3]);
  await expect(page.locator(canvas)).toBeFocused();
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('button', { name: 'Lock' }).click();
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End desktop' }).click();
  await expect
    .poll(async () => (await app.calls()).slice(-3))
    .toEqual([
      { name: 'disconnect' },
      { name: 'lock' },
      { name: 'endSession', argument: { sessionId: desktops[0]?.session?.id } },
    ]);
});

test('the keyboard is the picture’s again when the toolbar has gone', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.locator(canvas)).not.toBeFocused();
  await page.mouse.move(600, 400);
  await expect(page.getByRole('toolbar', { name: 'Session' })).toBeHidden();
  await expect(page.locator(canvas)).toBeFocused();
});

test('fits the window when its size changes', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  for (const size of [
    { width: 800, height: 600 },
    { width: 1280, height: 480 },
  ]) {
    await page.setViewportSize(size);
    await expect
      .poll(async () => {
        const box = await page.locator(canvas).boundingBox();
        return box !== null && (near(box.width, size.width) || near(box.height, size.height));
      })
      .toBe(true);
  }
});

function near(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1;
}
