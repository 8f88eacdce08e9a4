/**
 * What an attacker's script finds when it runs as the app's own: each result is a plain text.
 * @param {() => unknown} work
 */
const outcomeOf = (work) => {
  try {
    return String(work());
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown';
  }
};

const probes = {
  // biome-ignore lint/security/noGlobalEval: the very thing that must not work
  eval: outcomeOf(() => window.eval('"ran"')),
  function: outcomeOf(() => new Function('return "ran"')()),
  timer: outcomeOf(() => setTimeout('window.timerRan = true', 0) && 'scheduled'),
  markup: outcomeOf(() => {
    document.documentElement.insertAdjacentHTML('beforeend', '<p>markup</p>');
    return 'inserted';
  }),
  scriptAddress: outcomeOf(() => {
    document.createElement('script').src = 'https://evil.example/x.js';
    return 'set';
  }),
};
Object.assign(window, { probes });
