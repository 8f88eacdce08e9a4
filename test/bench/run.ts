// `npm run bench -- NAME [--json] [options of the benchmark]`: runs one benchmark. Its last line is
// the result as JSON.
import { benchChurn } from './churn/bench.ts';
import { benchDecode } from './decode/bench.ts';
import { benchDensity } from './density/bench.ts';
import { benchIdentity } from './identity/bench.ts';
import { benchStream } from './stream/bench.ts';
import { benchTimeToDesktop } from './time-to-desktop/bench.ts';

const benches: Record<string, (args: readonly string[]) => Promise<object>> = {
  churn: benchChurn,
  decode: benchDecode,
  density: benchDensity,
  identity: benchIdentity,
  stream: benchStream,
  'time-to-desktop': benchTimeToDesktop,
};

const [name = '', ...rest] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  process.stderr.write(`Which benchmark? One of: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const isBrief = rest.includes('--json');
  const result = await bench(rest.filter((argument) => argument !== '--json'));
  if (!isBrief) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
