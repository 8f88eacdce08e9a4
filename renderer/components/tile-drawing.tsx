import type { Engine } from '../../src/contract/desktop.ts';

const ships: Record<Engine, { hull: string; sail: string }> = {
  full: {
    hull: 'M72 108h104l-12 30H84Zm40-36h14v22h-14Z',
    sail: 'M86 106V90h20v-8h26v8h26v16Z',
  },
  para: {
    hull: 'M86 114h66l-11 20H97Z',
    sail: 'M120 109V60l30 49Zm-5 0V72l-24 37Z',
  },
  'os-level': {
    hull: 'M58 120h40l-7 14H65Zm46-4h44l-8 16h-28Zm50 5h38l-7 13h-24Z',
    sail: 'M78 117V96l16 8-14 7v6Zm48-5V86l18 9-16 8v9Zm47 6V98l15 8-13 6v6Z',
  },
};

/** Stands for a desktop that has no picture now: a ship for a complete machine, a sailing boat for a
 * light one, and boats of one fleet for those that share a system. */
export function TileDrawing({ engine }: { engine: Engine }) {
  return (
    <svg
      className={`tile-drawing tile-drawing-${engine}`}
      viewBox="0 0 320 180"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <rect className="drawing-sky" width="320" height="180" />
      <circle className="drawing-sun" cx="238" cy="72" r="22" />
      <path className="drawing-far" d="M0 112q20-7 40 0t40 0 40 0 40 0 40 0 40 0 40 0 40 0v68H0Z" />
      <path className="hull" d={ships[engine].hull} />
      <path className="sail" d={ships[engine].sail} />
      <path className="drawing-near" d="M-10 136q24-9 48 0t48 0 48 0 48 0 48 0 48 0 48 0v44H-10Z" />
    </svg>
  );
}
