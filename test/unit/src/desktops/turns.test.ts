import { describe, expect, it } from 'vitest';
import { Turns } from '../../../../src/desktops/turns.ts';

const never = new AbortController().signal;

/** Asks for a turn, and notes when it comes. */
function ask(turns: Turns, name: string, came: string[], signal = never) {
  return turns.take(signal).then((turn) => {
    came.push(name);
    return turn;
  });
}

/** Lets what is ready happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('are so many at once, and then one for each that ends, in order', async () => {
    const turns = new Turns(2);
    const came: string[] = [];
    const [first, second] = ['a', 'b', 'c', 'd'].map((name) => ask(turns, name, came));
    await settle();
    expect(came).toEqual(['a', 'b']);
    (await second)?.dispose();
    await settle();
    expect(came).toEqual(['a', 'b', 'c']);
    (await first)?.dispose();
    await settle();
    expect(came).toEqual(['a', 'b', 'c', 'd']);
  });

  it('end once, however often that is said', async () => {
    const turns = new Turns(1);
    const came: string[] = [];
    const turn = await ask(turns, 'a', came);
    for (const name of ['b', 'c']) void ask(turns, name, came);
    turn.dispose();
    turn.dispose();
    await settle();
    expect(came).toEqual(['a', 'b']);
  });

  it('are not kept for who has given up', async () => {
    const turns = new Turns(1);
    const came: string[] = [];
    const turn = await ask(turns, 'a', came);
    const tired = new AbortController();
    const given = ask(turns, 'b', came, tired.signal);
    void ask(turns, 'c', came);
    tired.abort(new Error('tired'));
    await expect(given).rejects.toThrow('tired');
    turn.dispose();
    await settle();
    expect(came).toEqual(['a', 'c']);
    await expect(ask(turns, 'd', came, tired.signal)).rejects.toThrow('tired');
  });
});
