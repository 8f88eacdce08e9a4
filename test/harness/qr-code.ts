import type { Page } from '@playwright/test';
import { PNG } from 'pngjs';
import decodeQR from 'qr/decode.js';

/** What a phone reads off the screen of a terminal that asks to be enrolled. */
export async function scanQrCode(page: Page): Promise<string> {
  const code = page.getByRole('img', { name: /QR code/ });
  await code.waitFor();
  const { width, height, data } = PNG.sync.read(await code.screenshot());
  return decodeQR({ width, height, data });
}
