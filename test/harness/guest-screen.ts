import type { Page } from '@playwright/test';
import type { GuestAgent } from '../../src/desktops/qemu/guest-agent.ts';
import { until } from '../fakes/until.ts';

/** A point on the screen of the guest, in its own pixels. */
export type Point = { x: number; y: number };

/** Clicks where the guest has that point, whatever the scale of the picture. */
async function clickInGuest(page: Page, { x, y }: Point): Promise<void> {
  const canvas = page.locator('.session canvas');
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('the picture of the desktop is not on the screen');
  const size = await guestSize(page);
  await page.mouse.click(
    box.x + (x * box.width) / size.width,
    box.y + (y * box.height) / size.height,
  );
}

/** Size of the guest's screen, in its own pixels. */
export function guestSize(page: Page): Promise<{ width: number; height: number }> {
  return page
    .locator('.session canvas')
    .evaluate(({ width, height }: HTMLCanvasElement) => ({ width, height }));
}

/** Opens a terminal in the guest that writes what is typed into it, line by line, to a file. */
export async function openTypewriter(
  guest: GuestAgent,
  { at, file }: { at: Point; file: string },
): Promise<void> {
  await startOnDesktop(guest, `xterm -geometry 50x12+${at.x}+${at.y} -e sh -c 'cat > ${file}'`);
  await runOnDesktop(guest, `while ! [ -e ${file} ]; do sleep 0.1; done`);
}

/** What was typed into a typewriter so far; the last line is the one that is not ended yet. */
export async function linesIn(guest: GuestAgent, file: string): Promise<string[]> {
  return (await guest.readFile(file)).toString().split('\n');
}

/**
 * Clicks on a typewriter and waits until it has the keyboard. A window manager gives the keyboard
 * away a moment after the click, as on any desktop: an empty line tells that it has.
 */
export async function clickOnTypewriter(
  page: Page,
  guest: GuestAgent,
  { at, file }: { at: Point; file: string },
): Promise<void> {
  const { length } = await linesIn(guest, file);
  await clickInGuest(page, { x: at.x + 60, y: at.y + 60 });
  await until('the click gave the keyboard to the window', async () => {
    await page.keyboard.press('Enter');
    return (await linesIn(guest, file)).length > length;
  });
}

/** Starts a program on the desktop and leaves it running. */
export async function startOnDesktop(guest: GuestAgent, command: string): Promise<void> {
  // The agent waits until nobody holds the output of what it ran.
  await runOnDesktop(guest, `setsid ${command} </dev/null >/dev/null 2>&1 &`);
}

/** Runs a shell command as the user of the desktop, on their screen. */
export async function runOnDesktop(guest: GuestAgent, command: string): Promise<string> {
  const line = `export DISPLAY=:0 HOME=/home/user; ${command}`;
  const { exitCode, stdout, stderr } = await guest.run([
    '/bin/su',
    'user',
    '-s',
    '/bin/sh',
    '-c',
    line,
  ]);
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}: ${stderr}`);
  return stdout.toString();
}
