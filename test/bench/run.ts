// `npm run bench -- NAME [--json]`: runs one benchmark. Its last line is the result as JSON.
import { parseArgs } from 'node:util';
import { benchStream } from './stream/bench.ts';

const benches: Record<string, () => Promise<object>> = { stream: benchStream };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
});
const [name = ''] = positionals;
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  process.stderr.write(`Which benchmark? One of: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const result = await bench();
  if (!values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
