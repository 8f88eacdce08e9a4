/**
 * What an Electron without an app of its own runs: starts the app whose folder is named on the
 * command line, as Electron's own default app does. Only for runtimes that came without one.
 */
import { readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const { folder, preloads } = readArguments(process.argv.slice(1));
if (folder === null) {
  process.stderr.write('Name the folder of an app.\n');
  app.exit(2);
} else {
  // Test drivers hook themselves in by `-r`; Electron's default app loads such modules this way.
  Reflect.get(Module, '_preloadModules').call(Module, preloads);
  await start(resolve(folder));
}

/** @param {string} appFolder */
async function start(appFolder) {
  const { main, name, productName, version } = JSON.parse(
    readFileSync(join(appFolder, 'package.json'), 'utf8'),
  );
  app.setName(productName ?? name);
  // Electron keeps these two for default apps and leaves them out of its types.
  Reflect.get(app, 'setVersion').call(app, version);
  Reflect.get(app, 'setAppPath').call(app, appFolder);
  await import(pathToFileURL(join(appFolder, main)).href);
}

/**
 * The first argument that is no switch is the app's folder; `-r module` may come before it.
 * @param {readonly string[]} args
 */
function readArguments(args) {
  /** @type {string[]} */
  const preloads = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '-r' || arg === '--require') {
      index += 1;
      preloads.push(args[index] ?? '');
    } else if (!arg.startsWith('-')) {
      return { folder: arg, preloads };
    }
  }
  return { folder: null, preloads };
}
