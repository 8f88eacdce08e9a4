import type { Page } from '@playwright/test';
import type { GuestAgent } from '../../src/desktops/qemu/guest-agent.ts';

/** A point on the screen of the guest, in its own pixels. */
export type Point = { x: number; y: number };

/** Clicks where the guest has that point, whatever the scale of the picture. */
export async function clickInGuest(page: Page, { x, y }: Point): Promise<void> {
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
