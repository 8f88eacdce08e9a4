import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GuestAgent } from '../../src/desktops/qemu/guest-agent.ts';
import { modifierScancodes, printableKeys } from '../fakes/printable-keys.ts';
import { until } from '../fakes/until.ts';
import { builtImage, Fixture, reaches, spec } from './desktops-fixture.ts';
import { changeLayout, compositionsOf, layoutOf, nextKeys, openKeyWindow } from './guest-keys.ts';
import { lamps, ScancodeKeyboard } from './scancode-keyboard.ts';

const { shift, altGr, capsLock } = modifierScancodes;

const levels = [
  { name: 'plain', held: [] },
  { name: 'Shift', held: [shift] },
  { name: 'AltGr', held: [altGr] },
  { name: 'Shift+AltGr', held: [shift, altGr] },
] as const;

/** As many as a virtio keyboard's queue takes while an emulated guest is busy (64 events). */
const batch = 8;

/** What a key prints is the guest's own doing, whichever keyboard it has: once is enough. */
const layoutsOf = { para: ['us', 'de', 'fr', 'es', 'gb', 'ru'], full: ['de'] } as const;
const withDeadKeys = { para: ['de', 'fr', 'es'], full: ['de'] } as const;

describe.each(['para', 'full'] as const)(
  'the keyboard of a desktop, %s virtualization',
  (engine) => {
    let fixture: Fixture;
    let guest: GuestAgent;
    let keyboard: ScancodeKeyboard;
    let end: () => Promise<void>;
    let typed = 0;

    beforeAll(async () => {
      fixture = await Fixture.make();
      const host = await fixture.host({ keyboard: 'de(nodeadkeys)' });
      end = () => host.dispose();
      const machine = host.start(spec(builtImage, engine));
      await reaches(machine, 'running');
      guest = machine.agent();
      keyboard = await ScancodeKeyboard.open(machine.rfbSocket ?? expect.unreachable('it runs'));
      await openKeyWindow(guest);
    });

    afterAll(async () => {
      keyboard?.dispose();
      await end?.();
      await fixture.dispose();
    });

    /** Strikes keys and gives what the guest was told of them, what was composed included. */
    async function type(scancodes: readonly number[], held: readonly number[] = []) {
      keyboard.strike(scancodes, held);
      const { keys, all } = await nextKeys(
        guest,
        typed,
        (told) => told.filter(({ composed }) => !composed).length >= scancodes.length,
      );
      typed = all;
      return keys;
    }

    it('has the layout that the host begins desktops with', async () => {
      expect(keyboard.takesScancodes).toBe(true);
      const [z, minus] = [0x15, 0x35];
      const keys = await type([z, minus]);
      expect(keys.map(({ text }) => text)).toEqual(['z', '-']);
    });

    it.each(layoutsOf[engine])(
      'types all that is printed on the keys of %s',
      async (layout) => {
        await changeLayout(guest, layout);
        typed = 0;
        const onKeys = await layoutOf(guest);
        const hasThird = onKeys.get('RALT')?.includes('ISO_Level3_Shift');
        let count = 0;
        for (const [level, { name, held }] of levels.entries()) {
          if (level > 1 && !hasThird) continue;
          const keys = printableKeys
            .map((key) => ({ ...key, keysym: onKeys.get(key.place)?.[level] ?? 'NoSymbol' }))
            .filter(({ keysym }) => keysym !== 'NoSymbol' && keysym !== 'VoidSymbol');
          for (let at = 0; at < keys.length; at += batch) {
            const some = keys.slice(at, at + batch);
            const got = await type(
              some.map(({ scancode }) => scancode),
              held,
            );
            const struck = got.filter(({ composed }) => !composed).map(({ keysym }) => keysym);
            expect(struck, name).toEqual(some.map(({ keysym }) => keysym));
            count += some.length;
          }
        }
        // 48 keys at least, with two levels each.
        expect(count).toBeGreaterThanOrEqual(96);
      },
      120_000,
    );

    it.each(withDeadKeys[engine])('makes letters of the dead keys of %s', async (layout) => {
      await changeLayout(guest, layout);
      typed = 0;
      const onKeys = await layoutOf(guest);
      const compositions = await compositionsOf(guest);
      const bases = printableKeys.map(({ place, scancode }) => ({
        base: onKeys.get(place)?.[0] ?? '',
        scancode,
      }));
      const found = printableKeys.flatMap(({ place, scancode }) =>
        levels.map(({ held }, level) => ({
          dead: onKeys.get(place)?.[level] ?? '',
          held,
          scancode,
        })),
      );
      // Each dead key once, with Space for the accent alone, and with the first letter it is made for.
      const strokes = [...new Map(found.map((key) => [key.dead, key])).values()].flatMap((key) => {
        const after = bases.filter(({ base }) => compositions.has(`${key.dead} ${base}`));
        const isSpace = ({ base }: { base: string }) => base === 'space';
        const letter = after.find((one) => !isSpace(one));
        return [...after.filter(isSpace), ...(letter === undefined ? [] : [letter])].map((one) => ({
          ...key,
          after: one,
        }));
      });
      for (const { dead, held, scancode, after } of strokes) {
        keyboard.strike([scancode], held);
        keyboard.strike([after.scancode]);
        const { keys, all } = await nextKeys(guest, typed, (told) =>
          told.some(({ composed }) => composed),
        );
        typed = all;
        const text = keys.findLast(({ composed }) => composed)?.text;
        expect(text, `${dead} ${after.base}`).toBe(compositions.get(`${dead} ${after.base}`));
      }
      // Each of these layouts has two dead keys at least.
      expect(strokes.length).toBeGreaterThanOrEqual(4);
    });

    it('gives the shape of its pointer away where its display has a plane for it', async () => {
      if (engine === 'full') {
        // Standard VGA has none: the guest paints its pointer into the picture.
        expect(keyboard.cursors).toEqual([]);
        return;
      }
      await until('a shape was sent', () => keyboard.cursors.length > 0);
      // What virtio-gpu has room for (virtio specification, GPU device, cursorq).
      expect(keyboard.cursors.at(-1)).toEqual({ width: 64, height: 64 });
    });

    it('tells which lamps are lit, so that the terminal can make them the same', async () => {
      keyboard.strike([capsLock]);
      await until('Caps Lock is lit', () => isLit(lamps.capsLock));
      keyboard.strike([capsLock]);
      await until('it is not', () => !isLit(lamps.capsLock));
    });

    function isLit(lamp: number): boolean {
      return ((keyboard.lit ?? 0) & lamp) !== 0;
    }
  },
);
