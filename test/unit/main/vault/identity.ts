import type { TerminalIdentity } from '../../../../src/terminal/vault.ts';

export const identity: TerminalIdentity = {
  broker: 'https://broker.example',
  terminalId: 'A'.repeat(43),
  privateKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'the private part' },
  refreshToken: 'the refresh token',
  trust: { anchors: ['B'.repeat(43)], identityKey: 'C'.repeat(43), sequence: 1 },
  resumable: true,
};
