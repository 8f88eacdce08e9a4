/**
 * The one progress display of all long steps. On a terminal it redraws a line; elsewhere, such as
 * in a log, it writes a plain line for each tenth. It writes to stderr by custom, so that what a
 * command prints on stdout stays machine-readable.
 *
 * @typedef {{ isTTY?: boolean | undefined, columns?: number | undefined, write(text: string): unknown }} Output
 * @typedef {object} ProgressBar
 * @property {(fraction: number, detail?: string) => void} update fraction in 0..1; never moves back
 * @property {(detail?: string) => void} done
 * @property {(detail?: string) => void} fail
 * @typedef {{ begin(name: string): ProgressBar, note(text: string): void }} Progress
 */

const barWidth = 24;
const redrawMs = 80;

/**
 * @param {{ output: Output, now: () => number }} deps `now` in milliseconds
 * @returns {Progress}
 */
export function createProgress({ output, now }) {
  return {
    begin: (name) => (output.isTTY ? liveBar(name, output, now) : plainBar(name, output, now)),
    note: (text) => {
      output.write(`${text}\n`);
    },
  };
}

/**
 * @param {string} name
 * @param {Output} output
 * @param {() => number} now
 * @returns {ProgressBar}
 */
function liveBar(name, output, now) {
  const startedAt = now();
  let reached = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  /** @param {string} text */
  const redraw = (text) => {
    output.write(`\r\u001b[2K${text}`);
  };
  redraw(barLine({ name, fraction: 0, elapsedMs: 0, detail: '', columns: output.columns ?? 80 }));
  return {
    update(fraction, detail = '') {
      reached = Math.max(reached, clamp(fraction));
      if (now() - drawnAt < redrawMs) return;
      drawnAt = now();
      const elapsedMs = now() - startedAt;
      const columns = output.columns ?? 80;
      redraw(barLine({ name, fraction: reached, elapsedMs, detail, columns }));
    },
    done: (detail) => redraw(`${doneLine(name, now() - startedAt, detail)}\n`),
    fail: (detail) => redraw(`${failLine(name, detail)}\n`),
  };
}

/**
 * @param {string} name
 * @param {Output} output
 * @param {() => number} now
 * @returns {ProgressBar}
 */
function plainBar(name, output, now) {
  const startedAt = now();
  let tenthsShown = 0;
  output.write(`${name} …\n`);
  return {
    update(fraction, detail = '') {
      const tenths = Math.floor(clamp(fraction) * 10);
      if (tenths <= tenthsShown || tenths === 10) return;
      tenthsShown = tenths;
      const remaining = remainingText(fraction, now() - startedAt);
      output.write(
        `${[`${name} ${tenths * 10} %`, remaining, detail].filter(Boolean).join(', ')}\n`,
      );
    },
    done: (detail) => output.write(`${doneLine(name, now() - startedAt, detail)}\n`),
    fail: (detail) => output.write(`${failLine(name, detail)}\n`),
  };
}

/**
 * One line of a bar, at most `columns` wide so that it never wraps.
 * @param {{ name: string, fraction: number, elapsedMs: number, detail: string, columns: number }} bar
 */
export function barLine({ name, fraction, elapsedMs, detail, columns }) {
  const filled = Math.round(clamp(fraction) * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  const percent = `${Math.floor(clamp(fraction) * 100)} %`.padStart(5);
  const parts = [name, bar, percent, remainingText(fraction, elapsedMs), detail];
  const line = parts.filter(Boolean).join('  ');
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}

/**
 * Time left, in words; empty while too little is done to tell.
 * @param {number} fraction
 * @param {number} elapsedMs
 */
export function remainingText(fraction, elapsedMs) {
  if (fraction < 0.03 || elapsedMs < 1500 || fraction >= 1) return '';
  return `about ${durationText((elapsedMs * (1 - fraction)) / fraction)} left`;
}

/** @param {number} ms */
export function durationText(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/**
 * @param {string} name
 * @param {number} elapsedMs
 * @param {string | undefined} detail
 */
function doneLine(name, elapsedMs, detail) {
  return `✓ ${name} (${[detail, durationText(elapsedMs)].filter(Boolean).join(', ')})`;
}

/**
 * @param {string} name
 * @param {string | undefined} detail
 */
function failLine(name, detail) {
  return `✗ ${name}${detail === undefined ? '' : `: ${detail}`}`;
}

/** @param {number} fraction */
function clamp(fraction) {
  return Math.min(1, Math.max(0, Number.isNaN(fraction) ? 0 : fraction));
}
