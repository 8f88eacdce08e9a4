import { expect, it } from 'vitest';
import { runTool } from '../../../../../src/desktops/images/tools.ts';

it('gives what the program wrote, and each line of both streams as it comes', async () => {
  const lines: string[] = [];
  const script = 'echo one; echo two >&2; printf "three"';
  const output = await runTool('sh', ['-c', script], { onLine: (line) => lines.push(line) });
  expect(output).toBe('one\nthree');
  expect(lines.toSorted()).toEqual(['one', 'three', 'two']);
});

it('quotes the end of what a failing program complained about', async () => {
  const script = 'seq 1 20 >&2; exit 3';
  await expect(runTool('sh', ['-c', script])).rejects.toMatchObject({
    code: 'command-failed',
    detail: expect.stringMatching(/^sh: 13\n(?:\d+\n)+20$/),
  });
});

it('takes an exit code that is no failure for success', async () => {
  expect(await runTool('sh', ['-c', 'echo fine; exit 3'], { accept: [3] })).toBe('fine');
  const other = runTool('sh', ['-c', 'exit 2'], { accept: [3] });
  await expect(other).rejects.toMatchObject({ code: 'command-failed' });
  const killed = runTool('sh', ['-c', 'kill -KILL $$'], { accept: [3] });
  await expect(killed).rejects.toMatchObject({ code: 'command-failed' });
});

it('tells a full disk from other failures', async () => {
  const script = 'echo "write error: No space left on device" >&2; exit 1';
  await expect(runTool('sh', ['-c', script])).rejects.toMatchObject({ code: 'disk-full' });
});

it('names the package of a program that is missing', async () => {
  await expect(runTool('no-such-program', [])).rejects.toMatchObject({ code: 'tool-missing' });
});

it('stops the program, and waits for what that had started itself', async () => {
  const stop = new AbortController();
  const script = '(trap "" TERM; echo begun; sleep 0.1; echo ended) & wait';
  const lines: string[] = [];
  const running = runTool('sh', ['-c', script], {
    signal: stop.signal,
    onLine: (line) => {
      lines.push(line);
      stop.abort(new Error('enough'));
    },
  });
  await expect(running).rejects.toThrow('enough');
  expect(lines).toEqual(['begun', 'ended']);
});

it('does not even start when it is too late', async () => {
  const lines: string[] = [];
  const signal = AbortSignal.abort(new Error('too late'));
  const running = runTool('echo', ['hello'], { signal, onLine: (line) => lines.push(line) });
  await expect(running).rejects.toThrow('too late');
  expect(lines).toEqual([]);
});
