import type { Page } from '@playwright/test';
import { modifierScancodes, printableKeys } from '../../fakes/printable-keys.ts';
import type { RfbServer } from './rfb-server.ts';
import { type App, expect, test } from './screens-test.ts';
import { canvas, openLive } from './session-picture.ts';

const [control, alt] = [0x1d, 0x38];
const { shift, capsLock } = modifierScancodes;
const orange = [250, 120, 20] as const;
const [numLock, del, a] = [0x45, 0xd3, 0x1e];

/** A live session whose desktop takes scancodes, as each of QEMU does. */
async function openWithScancodes(app: App, page: Page, rfb: RfbServer): Promise<void> {
  await openLive(app, rfb);
  await expect(page.locator(canvas)).toBeFocused();
  const { requests } = rfb;
  rfb.takeScancodes();
  await expect.poll(() => rfb.requests).toBeGreaterThan(requests);
}

type StruckKey = {
  code: string;
  key: string;
  modifierCapsLock?: boolean;
  modifierNumLock?: boolean;
};

/** Strikes a key that a driver of browsers has not, or on a keyboard whose locks it can't lock. */
function strike(page: Page, key: StruckKey): Promise<void> {
  return page.locator(canvas).evaluate((element, init) => {
    element.dispatchEvent(new KeyboardEvent('keydown', { ...init, bubbles: true }));
    element.dispatchEvent(new KeyboardEvent('keyup', { ...init, bubbles: true }));
  }, key);
}

const keyA = { code: 'KeyA', key: 'a' };

test('says which key was struck, and not what the terminal has printed on it', async ({
  app,
  page,
  rfb,
}) => {
  await openWithScancodes(app, page, rfb);
  for (const { code } of printableKeys) {
    if (code === 'IntlBackslash') await strike(page, { code, key: '<' });
    else await page.keyboard.press(code);
  }
  const struck = printableKeys.flatMap(({ scancode }) => [scancode, -scancode]);
  await expect.poll(() => rfb.scancodes).toEqual(struck);
  expect(rfb.keys).toEqual([]);

  // The same key on a terminal with a French layout, where it prints another letter.
  await strike(page, { code: 'KeyA', key: 'q' });
  await expect.poll(() => rfb.scancodes.slice(struck.length)).toEqual([a, -a]);
});

test('lets go of what is held when the window loses the focus', async ({ app, page, rfb }) => {
  await openWithScancodes(app, page, rfb);
  await page.keyboard.down('Shift');
  await page.keyboard.down('Control');
  await page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await expect
    .poll(() => rfb.scancodes.toSorted((x, y) => x - y))
    .toEqual([-shift, -control, control, shift]);
});

test('makes the locks of the desktop those of the terminal', async ({ app, page, rfb }) => {
  await openWithScancodes(app, page, rfb);
  const tell = async (lamps: number) => {
    const { requests } = rfb;
    rfb.light(lamps);
    await expect.poll(() => rfb.requests).toBeGreaterThan(requests);
  };
  await tell(4);
  await strike(page, keyA);
  const toggled = [capsLock, -capsLock, a, -a];
  await expect.poll(() => rfb.scancodes).toEqual(toggled);

  await tell(0);
  await strike(page, { ...keyA, modifierNumLock: true });
  await expect.poll(() => rfb.scancodes.slice(toggled.length)).toEqual([numLock, -numLock, a, -a]);

  await tell(2 + 4);
  await strike(page, { ...keyA, modifierCapsLock: true, modifierNumLock: true });
  await expect.poll(() => rfb.scancodes.slice(2 * toggled.length)).toEqual([a, -a]);
});

test('Ctrl+Alt+End is Ctrl+Alt+Del on the desktop, and Ctrl and Alt stay held', async ({
  app,
  page,
  rfb,
}) => {
  await openWithScancodes(app, page, rfb);
  await page.keyboard.down('Control');
  await page.keyboard.down('Alt');
  await page.keyboard.press('End');
  await page.keyboard.press('a');
  await page.keyboard.up('Alt');
  await page.keyboard.up('Control');
  await expect.poll(() => rfb.scancodes).toEqual([control, alt, del, -del, a, -a, -alt, -control]);

  // With a key more, or less, it is the desktop's own.
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Control+Alt+Shift+End');
  await expect.poll(() => rfb.scancodes.filter((code) => code === 0xcf)).toHaveLength(2);
  expect(rfb.scancodes.filter((code) => code === del)).toHaveLength(1);
});

test('the button sends Ctrl+Alt+Del by scancode', async ({ app, page, rfb }) => {
  await openWithScancodes(app, page, rfb);
  await page.mouse.move(600, 1);
  await page.getByRole('button', { name: 'Ctrl+Alt+Del' }).click();
  await expect.poll(() => rfb.scancodes).toEqual([control, alt, del, -del, -alt, -control]);
});

test('turns the wheel in all four directions, and holds the buttons', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  await page.mouse.move(600, 400);
  const turns = [
    { by: [0, -120], mask: 0x08 },
    { by: [0, 120], mask: 0x10 },
    { by: [-120, 0], mask: 0x20 },
    { by: [120, 0], mask: 0x40 },
  ] as const;
  for (const { by, mask } of turns) {
    const before = rfb.buttons.length;
    await page.mouse.wheel(by[0], by[1]);
    await expect.poll(() => rfb.buttons.slice(before)).toContain(mask);
    await expect.poll(() => rfb.buttons.at(-1)).toBe(0);
  }
  for (const [button, mask] of [
    ['left', 1],
    ['middle', 2],
    ['right', 4],
  ] as const) {
    await page.mouse.down({ button });
    await expect.poll(() => rfb.buttons.at(-1)).toBe(mask);
    await page.mouse.up({ button });
    await expect.poll(() => rfb.buttons.at(-1)).toBe(0);
  }
});

test('draws the pointer itself, in the shape that the desktop gives it', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  expect(rfb.encodings).toContain(-239);
  const picture = page.locator(canvas);
  await page.mouse.move(600, 400);
  // Until then a dot, so that nobody looks for it in vain.
  await expect(picture).toHaveCSS('cursor', /^url\("data:image\/png/);
  const dot = await picture.evaluate((element) => getComputedStyle(element).cursor);

  rfb.giveCursor(16, orange);
  await expect(picture).not.toHaveCSS('cursor', dot);
  const drawn = await picture.evaluate(async (element) => {
    const [, url = ''] = /url\("(data:[^"]+)"\)/.exec(getComputedStyle(element).cursor) ?? [];
    const image = new Image();
    image.src = url;
    await image.decode();
    const copy = new OffscreenCanvas(image.width, image.height).getContext('2d');
    copy?.drawImage(image, 0, 0);
    const colour = [...(copy?.getImageData(8, 8, 1, 1).data ?? [])];
    return { width: image.width, height: image.height, colour };
  });
  expect(drawn).toEqual({ width: 16, height: 16, colour: [...orange, 255] });

  // A desktop that hides its pointer must not leave a terminal without one.
  rfb.giveCursor(0, orange);
  await expect(picture).toHaveCSS('cursor', dot);
});
