import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { electronOfThisMachine } from '../built-app.ts';
import { startDisplay } from '../display.ts';
import type { NetworkAnswer, NetworkCall } from './calls.ts';

export type ElectronNetwork = AsyncDisposable & {
  /** @throws an error whose message is the code of what went wrong */
  call(call: NetworkCall): Promise<unknown>;
};

const startsWithinMs = 60_000;

/** The terminal's network in an Electron of its own. */
export async function startElectronNetwork(): Promise<ElectronNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-network-'));
  await buildInto(folder);
  const display = await startDisplay();
  const { executable } = await electronOfThisMachine();
  const child = spawn(
    executable,
    [folder, '--no-sandbox', `--user-data-dir=${join(folder, 'profile')}`],
    {
      env: { ...process.env, DISPLAY: display.name },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    },
  );
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ended = once(child, 'exit');
  await Promise.race([
    once(child, 'message', { signal: AbortSignal.timeout(startsWithinMs) }),
    ended.then(([code]) => Promise.reject(new Error(`Electron ended with ${code}`))),
  ]);
  child.on('message', ({ number, value, fault }: NetworkAnswer) => {
    const asked = waiting.get(number);
    waiting.delete(number);
    if (fault === undefined) asked?.resolve(value);
    else asked?.reject(new Error(fault.code, { cause: fault.message }));
  });
  let asked = 0;
  return {
    call(call) {
      asked += 1;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(asked, answer);
      child.send({ number: asked, call });
      return answer.promise;
    },
    async dispose() {
      child.kill();
      await ended;
      await display.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function buildInto(folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, 'main.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: {
        external: ['electron'],
        output: { format: 'es', entryFileNames: 'main.js', codeSplitting: false },
      },
    },
  });
  const manifest = { name: 'network', productName: 'Network', version: '0.1.0', type: 'module' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, main: 'main.js' }));
}
