import { describe, expect, it } from 'vitest';
import { pinsOf } from '../../../../main/security/certificate-judge.ts';

const broker = { origin: 'https://broker.example:7600', anchors: ['of the broker'] };
const pinned = { origin: 'https://login.example', anchors: ['of the provider'] };
const open = { origin: 'https://login.open.example', anchors: [] };
const beside = { origin: 'https://broker.example', anchors: [] };

describe.each(['refused', 'system'] as const)('where strangers are for: %s', (strangers) => {
  const pins = pinsOf([broker], [pinned, open, beside], strangers);

  it.each([
    ['broker.example', ['of the broker']],
    ['login.example', ['of the provider']],
    ['login.open.example', null],
    ['cdn.example', strangers === 'system' ? null : undefined],
  ])('%s has to show %s', (host, anchors) => {
    expect(pins(host)).toEqual(anchors);
  });
});
