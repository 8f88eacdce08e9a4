import { describe, expect, it } from 'vitest';
import { allowedRequests, isRequestAllowed } from '../../../../main/security/requests.ts';

const enrolled = { streamOrigin: 'wss://broker.example' };
const local = { streamOrigin: 'wss://127.0.0.1:7600' };
const unenrolled = { streamOrigin: null };

it('has a reason for each row', () => {
  for (const { reason } of allowedRequests) expect(reason).not.toBe('');
});

describe('the app itself', () => {
  it.each(['porthole://app/', 'porthole://app/assets/app.js', 'porthole://app/pictures/1'])(
    '%s is allowed',
    (url) => {
      expect(isRequestAllowed(url, unenrolled)).toBe(true);
    },
  );
  it.each(['porthole://other/', 'porthole://app.evil/', 'porthole://app:1/'])(
    '%s is not',
    (url) => {
      expect(isRequestAllowed(url, enrolled)).toBe(false);
    },
  );
});

describe('the stream', () => {
  it('goes to the enrolled broker', () => {
    expect(isRequestAllowed('wss://broker.example/v1/sessions/1/stream', enrolled)).toBe(true);
    expect(isRequestAllowed('wss://127.0.0.1:7600/v1/sessions/1/stream', local)).toBe(true);
  });
  it.each([
    'ws://broker.example/',
    'wss://broker.example:444/',
    'wss://broker.example.evil/',
    'wss://evil.example/',
    'wss://evil.example@evil/',
    'https://broker.example/',
    'ws://127.0.0.1:7600/',
  ])('does not go to %s', (url) => {
    expect(isRequestAllowed(url, enrolled)).toBe(false);
  });
  it('never goes without TLS', () => {
    const plain = { streamOrigin: 'ws://127.0.0.1:7600' };
    expect(isRequestAllowed('ws://127.0.0.1:7600/v1/sessions/1/stream', plain)).toBe(false);
  });
  it('goes nowhere before there is a broker', () => {
    expect(isRequestAllowed('wss://broker.example/', unenrolled)).toBe(false);
  });
});

describe('everything else', () => {
  it.each([
    'https://broker.example/v1/health',
    'http://127.0.0.1:7600/v1/health',
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'devtools://devtools/bundled/inspector.html',
    'chrome://gpu',
    'chrome-extension://abc/page.html',
    'ftp://broker.example/',
    'data:text/html,x',
    'about:blank',
    'not an address',
    '',
  ])('%s is cancelled', (url) => {
    expect(isRequestAllowed(url, enrolled)).toBe(false);
    expect(isRequestAllowed(url, local)).toBe(false);
  });
});
