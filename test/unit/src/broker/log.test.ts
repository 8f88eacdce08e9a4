import { expect, it } from 'vitest';
import { createLog } from '../../../../src/broker/log.ts';

it('strikes secrets out, wherever code might put them one day', () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) });
  const headers = {
    authorization: 'hush',
    dpop: 'hush',
    'sec-websocket-protocol': 'hush',
    host: 'broker.example',
  };
  log.info({ password: 'hush', ticket: 'hush', accessToken: 'hush', refreshToken: 'hush' }, 'a');
  log.info({ headers, body: { code: 'hush' } }, 'b');
  log.info({ req: { headers }, reply: { refreshToken: 'hush', password: 'hush' } }, 'c');
  expect(lines.join('')).not.toContain('hush');
  expect(lines.join('')).toContain('broker.example');
});
