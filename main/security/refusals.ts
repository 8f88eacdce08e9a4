import type { Log } from '../log.ts';

export type Refused = (what: string, address: string, fields?: Record<string, unknown>) => void;

/**
 * Logs what was refused. Of an address only what comes before its query is told: the query of a
 * sign-in holds codes.
 */
export function refusals(log: Log): Refused {
  return (what, address, fields = {}) => {
    const [detail = ''] = address.split(/[?#]/);
    log({ level: 'warn', message: 'refused', what, detail: detail.slice(0, 200), ...fields });
  };
}
