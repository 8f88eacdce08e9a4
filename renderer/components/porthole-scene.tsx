import { type CSSProperties, useId } from 'react';
import { PortholeFrame } from './porthole-frame.tsx';

type Props = {
  /** 0 to 1: fills the rim and raises the sea; null is a calm sea and a plain rim. */
  progress?: number | null;
  className?: string;
};

const stars = [
  [150, 108, 1.6],
  [188, 92, 1.1],
  [118, 142, 1.2],
  [232, 124, 1.4],
  [206, 150, 1],
  [140, 172, 1],
] as const;

/** The window of a ship: by day in the light theme, by night in the dark one. A decoration. */
export function PortholeScene({ progress = null, className = '' }: Props) {
  const id = useId();
  const level: CSSProperties = { translate: `0 ${(1 - (progress ?? 0.5)) * 96 - 48}px` };
  return (
    <PortholeFrame className={className}>
      <defs>
        <linearGradient id={`${id}-sky`} x1="0" y1="0" x2="0" y2="1">
          <stop className="scene-sky-top" offset="0" />
          <stop className="scene-sky-mid" offset="0.55" />
          <stop className="scene-sky-low" offset="0.8" />
        </linearGradient>
        <clipPath id={`${id}-glass`}>
          <circle cx="200" cy="200" r="148" />
        </clipPath>
      </defs>
      <g clipPath={`url(#${id}-glass)`}>
        <rect x="50" y="50" width="300" height="300" fill={`url(#${id}-sky)`} />
        <g className="scene-stars">
          {stars.map(([x, y, r]) => (
            <circle key={x} cx={x} cy={y} r={r} />
          ))}
        </g>
        <circle className="scene-sun-glow" cx="262" cy="158" r="46" />
        <circle className="scene-sun" cx="262" cy="158" r="27" />
        <g className="scene-level" style={level}>
          <path
            className="scene-sea-far"
            d="M20 214q22-9 45 0t45 0 45 0 45 0 45 0 45 0 45 0 45 0v240H20Z"
          />
          <path className="scene-glitter" d="M244 226h38M252 238h24M238 252h48M256 266h20" />
          <path
            className="scene-sea-mid"
            d="M0 244q28-13 56 0t56 0 56 0 56 0 56 0 56 0 56 0 56 0v210H0Z"
          />
          <path className="hull" d="M106 234h56l-9 17h-38Z" />
          <path className="sail" d="M136 230v-44l24 44Zm-4 0v-34l-20 34Z" />
          <path
            className="scene-sea-near"
            d="M-20 284q34-16 68 0t68 0 68 0 68 0 68 0 68 0 68 0v170H-20Z"
          />
        </g>
        <path className="scene-glare" d="M88 190a114 114 0 0 1 72-96l10 18a98 98 0 0 0-62 82Z" />
      </g>
      {progress !== null && (
        <circle
          className="scene-progress"
          cx="200"
          cy="200"
          r="160"
          pathLength="100"
          style={{ strokeDashoffset: 100 - progress * 100 }}
          transform="rotate(-90 200 200)"
        />
      )}
    </PortholeFrame>
  );
}
