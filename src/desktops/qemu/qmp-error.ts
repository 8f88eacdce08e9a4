import { CodedError } from '../../contract/errors.ts';

/**
 * How a QMP command can fail.
 *
 * - `refused`: QEMU answered with an error
 * - `timeout`: no answer within the limit; the connection stays usable
 * - `closed`: the connection ended first
 * - `protocol`: what came is not QMP; the connection is closed
 */
type QmpFault = 'refused' | 'timeout' | 'closed' | 'protocol';

export class QmpError extends CodedError {
  readonly fault: QmpFault;

  constructor(fault: QmpFault, detail: string, cause?: unknown) {
    super('guest-failed', { detail, cause });
    this.name = 'QmpError';
    this.fault = fault;
  }
}
