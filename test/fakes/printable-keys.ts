/** A key that prints something on every layout. */
export type PrintableKey = {
  /** `KeyboardEvent.code`, as a terminal's browser calls it (W3C UI Events code values). */
  code: string;
  /** Its place, as XKB calls it (xkeyboard-config, keycodes/evdev). */
  place: string;
  /** Of a PC's keyboard (set 1). */
  scancode: number;
};

/** The rows of a PC keyboard with 105 keys: what stands in a row is numbered through. */
const rows: readonly { codes: string; places: string; scancode: number }[] = [
  {
    codes: 'Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal',
    ...{ places: 'AE', scancode: 0x02 },
  },
  {
    codes: 'KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight',
    ...{ places: 'AD', scancode: 0x10 },
  },
  {
    codes: 'KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote',
    ...{ places: 'AC', scancode: 0x1e },
  },
  {
    codes: 'KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash',
    ...{ places: 'AB', scancode: 0x2c },
  },
];

export const printableKeys: readonly PrintableKey[] = [
  ...rows.flatMap(({ codes, places, scancode }) =>
    codes.split(' ').map((code, at) => ({
      code,
      place: `${places}${String(1 + at).padStart(2, '0')}`,
      scancode: scancode + at,
    })),
  ),
  { code: 'Backquote', place: 'TLDE', scancode: 0x29 },
  { code: 'Backslash', place: 'BKSL', scancode: 0x2b },
  { code: 'IntlBackslash', place: 'LSGT', scancode: 0x56 },
  { code: 'Space', place: 'SPCE', scancode: 0x39 },
];

/** Keys that change what the others print; where set 1 has a prefix, RFB has the highest bit. */
export const modifierScancodes = { shift: 0x2a, altGr: 0xb8, capsLock: 0x3a } as const;
