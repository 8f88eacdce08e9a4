import type { Drawn } from './picture-machines.ts';
import { box, colours, fitted, gauge, label, widthOf } from './picture-parts.ts';
import type { PlannedHost, Step } from './plan.ts';
import { percent } from './plan-text.ts';

const gap = 14;
const padding = 18;
/** More names than this nobody reads on a slide: the rest is counted. */
const mostChips = 18;
const chip = { height: 26, gap: 7, size: 12.5, padding: 10 };

/** The hosts that carry it all, each with what runs on it, and those that stand by. */
export function drawHosts(step: Step, x: number, y: number, width: number): Drawn {
  const parts: string[] = [];
  let top = y;
  for (const [index, host] of step.hosts.entries()) {
    const { svg, height } = drawHost(host, `Host ${index + 1}`, x, top, width);
    parts.push(svg);
    top += height + gap;
  }
  for (let spare = 0; spare < step.spare; spare += 1) {
    const style = { fill: 'none', stroke: colours.quiet, radius: 14, dashed: true };
    const what = 'Stands by, for a host that fails';
    parts.push(
      box(x, top, width, 48, style),
      label(x + width / 2, top + 29, what, { size: 14, colour: colours.quiet, anchor: 'middle' }),
    );
    top += 48 + gap;
  }
  return { svg: parts.join('\n'), height: top - y - gap };
}

function drawHost(host: PlannedHost, name: string, x: number, y: number, width: number): Drawn {
  const inner = width - 2 * padding;
  const all = host.guests.map((guest) => guest.name);
  const more = all.length - mostChips;
  const names = more > 0 ? [...all.slice(0, mostChips), `and ${more} more`] : all;
  const chips = drawChips(names, x + padding, y + 64, inner);
  const height = 64 + chips.height + padding;
  const gaugeWidth = (inner - 96) / 2;
  const svg = [
    box(x, y, width, height, { fill: colours.card, stroke: colours.line, radius: 14 }),
    label(x + padding, y + 36, name, { size: 16, bold: true }),
    drawFigure('processors', host.cpu, x + padding + 84, y, gaugeWidth),
    drawFigure('memory', host.memory, x + padding + 96 + gaugeWidth, y, gaugeWidth),
    chips.svg,
  ];
  return { svg: svg.join(''), height };
}

function drawFigure(what: string, share: number, x: number, y: number, width: number): string {
  return [
    label(x, y + 27, what, { size: 13, colour: colours.quiet }),
    label(x + width, y + 27, percent(share), { size: 14, bold: true, anchor: 'end' }),
    gauge(x, y + 36, width, 10, share),
  ].join('');
}

/** Names in a row, and on in the next where there is no more room. */
function drawChips(names: readonly string[], x: number, y: number, width: number): Drawn {
  const parts: string[] = [];
  let [left, top] = [x, y];
  for (const name of names) {
    const text = fitted(name, chip.size, width - 2 * chip.padding);
    const chipWidth = widthOf(text, chip.size) + 2 * chip.padding;
    if (left > x && left + chipWidth > x + width) {
      left = x;
      top += chip.height + chip.gap;
    }
    const middle = left + chipWidth / 2;
    const style = { size: chip.size, colour: colours.chipInk, anchor: 'middle' } as const;
    parts.push(
      box(left, top, chipWidth, chip.height, { fill: colours.chip, radius: 13 }),
      label(middle, top + 17.5, text, style),
    );
    left += chipWidth + chip.gap;
  }
  return { svg: parts.join(''), height: top + chip.height - y };
}
