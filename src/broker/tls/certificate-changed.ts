import type { AuditEntry } from '../../contract/audit.ts';
import { brokerItself } from '../audit/actor.ts';
import { readChain } from './chain.ts';
import type { ServerCertificate } from './server-certificate.ts';

/** What the audit log is told of a certificate that the broker shows from now on. */
export function certificateChanged({ chain }: ServerCertificate): AuditEntry {
  const [leaf] = readChain(chain);
  const detail =
    leaf === undefined
      ? {}
      : { serial: leaf.serialNumber, validUntil: leaf.validToDate.toISOString() };
  return {
    ...brokerItself,
    action: 'broker.certificate-changed',
    target: null,
    outcome: 'done',
    code: null,
    detail,
  };
}
