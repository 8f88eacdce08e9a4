import type { GuestAgent } from '../../src/desktops/qemu/guest-agent.ts';
import { until } from '../fakes/until.ts';
import { runOnDesktop, startOnDesktop } from '../harness/guest-screen.ts';

/** A key press as a window of the guest was told of it. */
export type GuestKey = {
  /** X11's name of what is on the key, with what was held. */
  keysym: string;
  /** What it types; for a dead key nothing, until the next one has made a letter of it. */
  text: string;
  /** Made out of two keys by the input method. */
  composed: boolean;
};

const file = '/tmp/keys';
const modifiers = /^(Shift|Control|Alt|Meta|ISO_Level3_Shift|Caps_Lock)/;

/** Opens a window in the guest that writes down what is typed into it, once it has the keyboard. */
export async function openKeyWindow(guest: GuestAgent): Promise<void> {
  // A key that repeats because the host is busy would be taken for two.
  await runOnDesktop(guest, 'xset r off');
  const watch = `sh -c 'exec stdbuf -oL xev -event keyboard -event focus >> ${file}'`;
  await startOnDesktop(guest, `env LANG=C.UTF-8 ${watch}`);
  await runOnDesktop(guest, `until grep -sq ^FocusIn ${file}; do sleep 0.1; done`);
}

/** Changes the guest's layout, as its user could, and begins a new page for what is typed. */
export async function changeLayout(guest: GuestAgent, layout: string): Promise<void> {
  await runOnDesktop(guest, `setxkbmap ${layout} && : > ${file}`);
}

/**
 * What the window was told after the first `from` keys, once `complete` says that this is all, and
 * how many keys there are by then.
 */
export async function nextKeys(
  guest: GuestAgent,
  from: number,
  complete: (keys: readonly GuestKey[]) => boolean,
) {
  let keys: GuestKey[] = [];
  await until(
    'the keys arrive in the guest',
    async () => {
      keys = keysIn((await guest.readFile(file)).toString());
      return complete(keys.slice(from));
    },
    20_000,
  );
  return { keys: keys.slice(from), all: keys.length };
}

/** Reads what xev(1) writes; presses of modifiers are left out. */
function keysIn(log: string): GuestKey[] {
  return log
    .split('\n\n')
    .filter((event) => event.includes('KeyPress event') && event.includes('XFilterEvent'))
    .map((event) => {
      const [, keycode = '', keysym = ''] =
        /keycode (\d+) \(keysym 0x[0-9a-f]+, (\w+)\)/.exec(event) ?? [];
      const [, bytes = ''] = /XmbLookupString gives \d+ bytes: \(([0-9a-f ]+)\)/.exec(event) ?? [];
      const text = Buffer.from(bytes.replaceAll(' ', ''), 'hex').toString();
      return { keysym, text, composed: keycode === '0' };
    })
    .filter(({ keysym }) => !modifiers.test(keysym));
}

/** What each key of the guest's layout has on its levels, by its place (xkbcomp(1)). */
export async function layoutOf(guest: GuestAgent): Promise<ReadonlyMap<string, string[]>> {
  const dump = await runOnDesktop(guest, 'xkbcomp -w 0 :0 - 2> /dev/null');
  const keys = dump.matchAll(/key <(\w+)> *\{([^}]*)\}/g);
  return new Map(
    [...keys].map(([, place = '', body = '']) => {
      const [, symbols = ''] = /\[([^\]]*)\]/.exec(body.replaceAll(/\[Group\d+\]/g, '')) ?? [];
      return [place, symbols.split(',').map((symbol) => symbol.trim())];
    }),
  );
}

/** What the guest makes of a dead key and the key after it: Compose(5) of its own system. */
export async function compositionsOf(guest: GuestAgent): Promise<ReadonlyMap<string, string>> {
  const table = '/usr/share/X11/locale/en_US.UTF-8/Compose';
  const lines = await runOnDesktop(guest, `grep -E '^<dead_[a-z]+> <(space|[aceoz])>' ${table}`);
  const rule = /^<(\w+)> <(\w+)>\s*: "((?:[^"\\]|\\.)+)"/;
  return new Map(
    lines.split('\n').flatMap((line) => {
      const [, dead, base, text] = rule.exec(line) ?? [];
      return text === undefined ? [] : [[`${dead} ${base}`, text.replace(/\\(.)/, '$1')] as const];
    }),
  );
}
