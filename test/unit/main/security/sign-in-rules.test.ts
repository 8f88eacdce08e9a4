import { describe, expect, it } from 'vitest';
import {
  endOfSignIn,
  isSignInPage,
  isSignInRequest,
  placeOf,
  policyFor,
  withPolicy,
} from '../../../../main/security/sign-in-rules.ts';

const broker = 'https://broker.example:7600';
const provider = 'https://login.example';
const redirectUri = 'app.porthole:/signed-in';
const place = placeOf({
  url: `${broker}/oauth/auth?client_id=porthole-terminal`,
  redirectUri,
  origins: [{ origin: provider, anchors: [] }],
});

describe('a page', () => {
  it.each([`${broker}/sign-in/1`, `${provider}/`])('may be %s', (address) => {
    expect(isSignInPage(address, place)).toBe(true);
  });
  it.each([
    'http://broker.example:7600/',
    'https://broker.example/',
    'https://broker.example:7600.evil.example/',
    'https://broker.example:7600@evil.example/',
    'https://sub.login.example/',
    'http://login.example/',
    redirectUri,
    'about:blank',
    'data:text/html,x',
    'blob:https://login.example/1',
    'file:///etc/passwd',
    'porthole://app/',
    'javascript:alert(1)',
    '',
  ])('may not be %s', (address) => {
    expect(isSignInPage(address, place)).toBe(false);
  });
});

describe('a request', () => {
  it.each([
    [provider, `${provider}/script.js`, 'script', true],
    [provider, 'https://cdn.example/style.css', 'stylesheet', true],
    [provider, 'wss://events.example/', 'webSocket', true],
    [provider, 'data:image/png;base64,AA', 'image', true],
    [provider, 'blob:https://login.example/1', 'script', true],
    [provider, 'https://cdn.example/', 'subFrame', false],
    [provider, 'https://cdn.example/', 'mainFrame', false],
    [provider, 'data:text/html,x', 'subFrame', false],
    [provider, 'data:text/html,x', 'mainFrame', false],
    [provider, 'http://cdn.example/style.css', 'stylesheet', false],
    [provider, 'ws://login.example/events', 'webSocket', false],
    [provider, 'porthole://app/', 'xhr', false],
    [broker, `${broker}/pages/style.css`, 'stylesheet', true],
    [broker, `${provider}/logo.png`, 'image', false],
    [broker, 'https://tracker.example/', 'image', false],
    ['https://evil.example', 'https://evil.example/', 'image', false],
    ['null', 'https://cdn.example/', 'image', false],
    [null, `${provider}/favicon.ico`, 'image', true],
    [null, 'https://tracker.example/', 'image', false],
  ] as const)('by %s of %s as a %s: %s', (asker, url, resourceType, allowed) => {
    expect(isSignInRequest({ asker, url, resourceType }, place)).toBe(allowed);
  });
});

describe('the end', () => {
  const answer = (more: object = {}) => ({
    url: `${broker}/oauth/auth/1`,
    resourceType: 'mainFrame' as const,
    statusCode: 303,
    responseHeaders: { Location: [`${redirectUri}?code=1&state=2`] },
    ...more,
  });

  it('is where the broker sends the page', () => {
    expect(endOfSignIn(answer(), place)).toBe(`${redirectUri}?code=1&state=2`);
  });
  it.each([
    ['from an identity provider', { url: `${provider}/` }],
    ['in a frame', { resourceType: 'subFrame' }],
    ['without a redirect', { statusCode: 200 }],
    ['elsewhere', { responseHeaders: { location: ['https://broker.example:7600/'] } }],
    ['nearly there', { responseHeaders: { location: [`${redirectUri}-not?code=1`] } }],
    ['nowhere', { responseHeaders: {} }],
  ])('is not: %s', (_what, more) => {
    expect(endOfSignIn(answer(more), place)).toBeNull();
  });
});

it('lets no page show dialogs or open windows, and the broker’s run no script', () => {
  const sandbox = 'sandbox allow-forms allow-same-origin allow-scripts';
  expect(policyFor(`${broker}/sign-in/1`, place)).toBe(`${sandbox}; script-src 'none'`);
  expect(policyFor(`${provider}/`, place)).toBe(sandbox);
});

it('adds its policy to those of the page', () => {
  const answer = {
    url: broker,
    resourceType: 'mainFrame' as const,
    statusCode: 200,
    responseHeaders: { 'Content-Security-Policy': ["default-src 'none'"], Server: ['x'] },
  };
  expect(withPolicy(answer, 'sandbox')).toEqual({
    Server: ['x'],
    'content-security-policy': ["default-src 'none'", 'sandbox'],
  });
});
