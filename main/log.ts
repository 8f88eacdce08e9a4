/** Something worth knowing when a terminal misbehaves. No field ever holds a secret. */
export type LogEntry = {
  level: 'info' | 'warn' | 'error';
  message: string;
  [field: string]: unknown;
};

export type Log = (entry: LogEntry) => void;

/** Writes entries as JSON lines, which journald and every log shipper take as they are. */
export function createLog(write: (line: string) => void, now: () => Date): Log {
  return ({ level, message, ...fields }) => {
    const entry = { time: now().toISOString(), level, message, ...fields };
    write(`${JSON.stringify(entry, replaceErrors)}\n`);
  };
}

/** An Error has no enumerable fields and would be logged as `{}`. */
function replaceErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}
