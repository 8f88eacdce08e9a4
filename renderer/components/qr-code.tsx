import { useMemo } from 'react';
import { qrPicture } from '../state/qr-picture.ts';

type Props = { text: string; label: string };

/** Dark on light in both themes: not every camera reads it the other way round. */
export function QrCode({ text, label }: Props) {
  const { size, path } = useMemo(() => qrPicture(text), [text]);
  return (
    <svg
      className="qr-code"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <path d={path} />
    </svg>
  );
}
