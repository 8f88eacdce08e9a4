import { drawHosts } from './picture-hosts.ts';
import { drawMachines } from './picture-machines.ts';
import { arrowhead, box, colours, escaped, gauge, label } from './picture-parts.ts';
import { type Plan, type Used, utilization, wishedStep } from './plan.ts';
import { counted, percent } from './plan-text.ts';

const page = { width: 1200, margin: 48 };
const content = page.width - 2 * page.margin;
const left = { x: page.margin, width: 500 };
const right = { x: 640, width: page.width - page.margin - 640 };
const stageTop = 126;
const stageHeight = 124;
const panelTop = 322;

/** Before and after, as SVG: for a slide. */
export function planPicture(plan: Plan): string {
  const step = wishedStep(plan);
  const machines = drawMachines(plan.today.machines, left.x, panelTop, left.width);
  const hosts = drawHosts(step, right.x, panelTop, right.width);
  const inner = Math.max(machines.height, hosts.height);
  const height = Math.round(panelTop + inner + page.margin);
  const title = titleOf(plan);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width} ${height}" width="${page.width}" height="${height}" role="img" aria-labelledby="title desc" font-family="Inter, 'Segoe UI', system-ui, 'DejaVu Sans', sans-serif">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(descriptionOf(plan))}</desc>
${box(0, 0, page.width, height, { fill: colours.paper, radius: 0 })}
${label(page.margin, 68, title, { size: 34, bold: true })}
${label(page.margin, 100, subtitleOf(plan), { size: 17, colour: colours.quiet })}
${drawStages(plan)}
${label(left.x, panelTop - 20, 'Today', { size: 18, bold: true })}
${label(right.x, panelTop - 20, `Filled up to ${percent(step.target)}`, { size: 18, bold: true })}
${machines.svg}
${drawArrow(panelTop + Math.min(machines.height, hosts.height) / 2)}
${hosts.svg}
</svg>
`;
}

function titleOf(plan: Plan): string {
  const step = wishedStep(plan);
  return `${counted(plan.today.machines.length, 'machine')} today, ${step.hosts.length + step.spare} with Porthole`;
}

function subtitleOf({ host, ...plan }: Plan): string {
  const { spare } = wishedStep({ host, ...plan });
  const standing = spare === 0 ? '' : `, ${spare} of them standing by for a failure`;
  return `Hosts with ${counted(host.cpus, 'processor')} and ${host.memoryGb} GB of memory${standing}`;
}

function descriptionOf(plan: Plan): string {
  const hosts = wishedStep(plan).hosts.map(
    ({ guests, cpu, memory }, index) =>
      `Host ${index + 1}, processors ${percent(cpu)}, memory ${percent(memory)}: ${guests.map(({ name }) => name).join(', ')}.`,
  );
  return [
    ...stagesOf(plan).map(
      ({ name, text, used }) => `${name}: ${text}, ${percent(utilization(used))} used.`,
    ),
    ...hosts,
  ].join(' ');
}

type Stage = { name: string; text: string; used: Used };

function stagesOf({ today, steps }: Plan): Stage[] {
  return [
    { name: 'Today', text: counted(today.machines.length, 'machine'), used: today },
    ...steps.map((step) => ({
      name: `Up to ${percent(step.target)}`,
      text: counted(step.hosts.length, 'host'),
      used: step,
    })),
  ];
}

/** The story in a line: how full machines are today, and then. */
function drawStages(plan: Plan): string {
  const stages = stagesOf(plan);
  const gap = 44;
  const width = (content - gap * (stages.length - 1)) / stages.length;
  return stages
    .map(({ name, text, used }, index) => {
      const x = page.margin + index * (width + gap);
      const share = utilization(used);
      const middle = stageTop + stageHeight / 2;
      return [
        index === 0 ? '' : arrowhead(x - gap / 2 + 4, middle, 9),
        box(x, stageTop, width, stageHeight, {
          fill: colours.paper,
          stroke: colours.line,
          radius: 16,
        }),
        label(x + 24, stageTop + 64, percent(share), {
          size: 46,
          bold: true,
          colour: colours.full,
        }),
        label(x + width - 24, stageTop + 40, name, { size: 15, bold: true, anchor: 'end' }),
        label(x + width - 24, stageTop + 63, `${text}`, {
          ...{ size: 15, colour: colours.quiet, anchor: 'end' },
        }),
        gauge(x + 24, stageTop + 88, width - 48, 12, share),
      ].join('');
    })
    .join('\n');
}

function drawArrow(y: number): string {
  const [from, to] = [left.x + left.width + 26, right.x - 26];
  return `<path d="M${from} ${y}H${to - 3}" stroke="${colours.full}" stroke-width="5" stroke-linecap="round"/>${arrowhead(to, y, 14)}`;
}
