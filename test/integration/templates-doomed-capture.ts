import { kind, TemplatesPlace } from './templates-fixture.ts';

/** Makes a template in the folder given, and tells each stage; to be killed on the way. */
const log = {
  info: (fields: object) => process.stdout.write(`${JSON.stringify(fields)}\n`),
  warn: () => undefined,
  error: () => undefined,
};
const templates = await TemplatesPlace.at(process.argv[2] ?? '').open({ log });
await templates.prepare(kind);
