#!/usr/bin/env node
/** `npx porthole …`: the command line, on a Node that reads TypeScript. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOnProjectNode } from './node-runtime.mjs';
import { npmPackagesAreInstalled } from './npm-packages.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

if (!npmPackagesAreInstalled(root)) {
  process.stderr.write('The npm packages are not all here. Run "npm ci" or "npm start" first.\n');
  process.exitCode = 2;
} else {
  const script = join(root, 'src/setup/cli.ts');
  process.exitCode = await runOnProjectNode(root, [script, ...process.argv.slice(2)]);
}
