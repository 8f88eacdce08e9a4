import { type ReactNode, useId } from 'react';

type Props = {
  className: string;
  /** What is seen within a circle of 148 around (200, 200). */
  children: ReactNode;
};

const boltAngles = [0, 45, 90, 135, 180, 225, 270, 315];

/** The brass around a window of the ship, and its shadow. A decoration. */
export function PortholeFrame({ className, children }: Props) {
  const rim = useId();
  return (
    <svg className={`scene ${className}`} viewBox="0 0 400 400" aria-hidden="true">
      <linearGradient id={rim} x1="0" y1="0" x2="1" y2="1">
        <stop className="scene-rim-light" offset="0" />
        <stop className="scene-rim-mid" offset="0.45" />
        <stop className="scene-rim-dark" offset="1" />
      </linearGradient>
      <circle className="scene-shadow" cx="200" cy="208" r="188" />
      <circle cx="200" cy="200" r="190" fill={`url(#${rim})`} />
      {boltAngles.map((angle) => (
        <circle
          key={angle}
          className="scene-bolt"
          cx="200"
          cy="24"
          r="5"
          transform={`rotate(${angle + 22.5} 200 200)`}
        />
      ))}
      <circle className="scene-gasket" cx="200" cy="200" r="160" />
      {children}
      <circle className="scene-edge" cx="200" cy="200" r="148" />
    </svg>
  );
}
