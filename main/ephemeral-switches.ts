/**
 * Switches of Chromium that keep it from writing down what was on the screen. Sessions are in
 * memory besides; these are for what Chromium keeps for the app as a whole.
 */
export const ephemeralSwitches: Readonly<Record<string, { value: string; reason: string }>> = {
  'disable-breakpad': { value: '', reason: 'a crash dump holds the memory of a page' },
  'disable-crash-reporter': { value: '', reason: 'the same, under the name of later versions' },
  'disable-http-cache': { value: '', reason: 'answers of the broker are for now, not for later' },
  'disable-gpu-shader-disk-cache': { value: '', reason: 'a cache on the disk that nobody needs' },
  'disable-component-update': { value: '', reason: 'what Chromium fetches for itself is not used' },
  'disable-domain-reliability': { value: '', reason: 'it would note which hosts were spoken to' },
};
