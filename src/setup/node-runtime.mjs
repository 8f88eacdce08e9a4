import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { nodePath } from './npm-packages.mjs';

/** Signals that end a program; passed on so that what it started ends in order too. */
const endings = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a script of this checkout on the Node that the project brings, which reads TypeScript as it
 * is, and ends as it ends.
 * @param {string} root the checkout
 * @param {string[]} args the script and its arguments
 * @returns {Promise<number>} exit code
 */
export function runOnProjectNode(root, args) {
  const node = nodePath(root);
  const searchPath = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, args, {
    env: { ...process.env, PATH: searchPath },
    // The child takes the end of the channel as the end of this process, however that came.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of endings) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // 128 + n is how shells report the end by a signal; the number itself does not matter here.
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}
