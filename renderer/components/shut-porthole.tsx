import { PortholeFrame } from './porthole-frame.tsx';

/** The window of the ship with its storm cover closed: something is wrong out there. */
export function ShutPorthole({ className }: { className: string }) {
  return (
    <PortholeFrame className={className}>
      <circle className="cover" cx="200" cy="200" r="148" />
      <circle className="cover-ridge" cx="200" cy="200" r="124" />
      <path
        className="cover-sign"
        d="M200 168v44m0 26v.01M186 122 114 248a16 16 0 0 0 14 24h144a16 16 0 0 0 14-24L214 122a16 16 0 0 0-28 0Z"
      />
    </PortholeFrame>
  );
}
