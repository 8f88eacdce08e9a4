import type { Load } from './loads.ts';
import { box, colours, escaped, fitted, gauge, label } from './picture-parts.ts';
import { utilization } from './plan.ts';
import { percent } from './plan-text.ts';

export type Drawn = { svg: string; height: number };

/** With more than this many, tiles have no room for names; they are told on pointing at them. */
const mostNamed = 48;
const gap = 12;

/** The machines of today, each with how much of it is used. */
export function drawMachines(loads: readonly Load[], x: number, y: number, width: number): Drawn {
  const named = loads.length <= mostNamed;
  const columns = named ? 4 : 8;
  const tile = { width: (width - gap * (columns - 1)) / columns, height: named ? 78 : 40 };
  const tiles = loads.map((load, index) => {
    const left = x + (index % columns) * (tile.width + gap);
    const top = y + Math.floor(index / columns) * (tile.height + gap);
    return drawTile(load, left, top, tile, named);
  });
  const rows = Math.ceil(loads.length / columns);
  return { svg: tiles.join('\n'), height: rows * (tile.height + gap) - gap };
}

function drawTile(
  load: Load,
  x: number,
  y: number,
  { width, height }: { width: number; height: number },
  named: boolean,
): string {
  const share = utilization({
    cpu: load.average.cpus / load.size.cpus,
    memory: load.average.memoryGb / load.size.memoryGb,
  });
  const inner = width - 20;
  const parts = [
    `<title>${escaped(`${load.name}: ${percent(share)} used`)}</title>`,
    box(x, y, width, height, { fill: colours.card, stroke: colours.line }),
  ];
  if (named) {
    parts.push(
      label(x + 10, y + 25, fitted(load.name, 13, inner), { size: 13, bold: true }),
      label(x + 10, y + 47, `${percent(share)} used`, { size: 13, colour: colours.quiet }),
      gauge(x + 10, y + 58, inner, 8, share),
    );
  } else {
    parts.push(
      label(x + width / 2, y + 19, percent(share), { size: 11, anchor: 'middle' }),
      gauge(x + 6, y + 27, width - 12, 6, share),
    );
  }
  return `<g>${parts.join('')}</g>`;
}
