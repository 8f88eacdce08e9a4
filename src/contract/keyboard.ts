import { z } from 'zod';

/**
 * Layout of a desktop's keyboard, as XKB calls it: `de`, `de(nodeadkeys)`; up to four with commas
 * (`us,ru`), between which Super+Space changes. Whether there is such a layout is for the guest to
 * know.
 */
export const keyboardLayoutSchema = z
  .string()
  .max(80)
  .regex(/^[a-z]{2,12}(\([\w-]{1,24}\))?(,[a-z]{2,12}(\([\w-]{1,24}\))?){0,3}$/, {
    error: 'give a layout of XKB such as de, or several such as us,ru',
  });
export type KeyboardLayout = z.infer<typeof keyboardLayoutSchema>;

export const defaultKeyboardLayout: KeyboardLayout = 'us';
