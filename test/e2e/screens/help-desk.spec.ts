import { en } from '../../../renderer/text/en.ts';
import { expect, test } from './screens-test.ts';
import { canvas, openLive } from './session-picture.ts';
import { message, session, shadowingIn, streaming } from './states.ts';

const ids = { sessionId: session.id, shadowing: shadowingIn('requested').id };

test('nobody is let in by Escape, by Enter, or by a press beside the question', async ({
  app,
  page,
  rfb,
}) => {
  await openLive(app, rfb);
  const asked = { ...session, shadowing: shadowingIn('requested') };
  await app.push(streaming(rfb.url, 1, { live: true, session: asked }));
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('Hal Helper');
  await expect(question).toContainText(asked.shadowing.reason);
  await page.keyboard.press('Escape');
  await expect(question.getByRole('button', { name: en['shadowing.decline'] })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.mouse.click(10, 700);
  await expect(question).toBeVisible();
  await app.expectCalls(
    { name: 'reportStream', argument: { kind: 'live', grant: 1 } },
    { name: 'answerShadowing', argument: { ...ids, answer: 'decline' } },
  );
});

test('whoever looks is seen until the user ends it', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  const shared = { ...session, shadowing: shadowingIn('active') };
  await app.push(streaming(rfb.url, 1, { live: true, session: shared }));
  const badge = page.getByRole('status').filter({ hasText: 'Hal Helper' });
  await expect(badge).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(badge).toBeVisible();
  await badge.getByRole('button', { name: en['shadowing.stop'] }).click();
  await app.expectCalls(
    { name: 'reportStream', argument: { kind: 'live', grant: 1 } },
    { name: 'answerShadowing', argument: { ...ids, answer: 'stop' } },
  );
  await app.push(streaming(rfb.url, 1, { live: true }));
  await expect(badge).toHaveCount(0);
  await expect(page.locator(canvas)).toBeFocused();
});

test('a message stays until it was read', async ({ app, page, rfb }) => {
  await openLive(app, rfb);
  await app.push(
    streaming(rfb.url, 1, { live: true, session: { ...session, messages: [message] } }),
  );
  const notice = page.getByRole('alert').filter({ hasText: message.text });
  await notice.getByRole('button', { name: en['message.read'] }).click();
  await app.expectCalls(
    { name: 'reportStream', argument: { kind: 'live', grant: 1 } },
    { name: 'markMessageRead', argument: { sessionId: session.id, message: message.id } },
  );
});
