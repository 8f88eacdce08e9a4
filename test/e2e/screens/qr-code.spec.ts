import { PNG } from 'pngjs';
import decodeQR from 'qr/decode.js';
import { expect, test } from './screens-test.ts';
import { stateNamed } from './states.ts';

const sizes = [
  { width: 683, height: 384 },
  { width: 1366, height: 768 },
  { width: 3840, height: 2160 },
] as const;

for (const theme of ['light', 'dark'] as const) {
  test(`a camera reads the address in the ${theme} theme, at every size`, async ({ app, page }) => {
    const state = stateNamed('enrolling-request');
    if (state.kind !== 'enrolling') throw new Error('the fixture is of another kind');
    for (const size of sizes) {
      await page.setViewportSize(size);
      await app.open(state, { preferences: { theme } });
      await app.settled();
      const code = page.getByRole('img', { name: /QR code/ });
      const { width, height, data } = PNG.sync.read(await code.screenshot());
      expect(decodeQR({ width, height, data })).toBe(state.request?.approvalUrl);
    }
  });
}

test('the picture of the whole window is enough to find it', async ({ app, page }) => {
  const state = stateNamed('enrolling-request');
  if (state.kind !== 'enrolling') throw new Error('the fixture is of another kind');
  await app.open(state, { preferences: { theme: 'dark' } });
  await app.settled();
  const { width, height, data } = PNG.sync.read(await page.screenshot());
  expect(decodeQR({ width, height, data })).toBe(state.request?.approvalUrl);
});
