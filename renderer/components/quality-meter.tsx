import { type LinkQuality, linkQualities } from '../stream/link-quality.ts';
import { useText } from '../text/use-text.ts';

/** Four bars and a word. Nothing before the first measurement, but as much room. */
export function QualityMeter({ quality }: { quality: LinkQuality | null }) {
  const text = useText();
  const level = quality === null ? 0 : linkQualities.indexOf(quality) + 1;
  const word = quality === null ? '' : text(`quality.${quality}`);
  return (
    <span className="quality">
      <svg className="quality-bars" viewBox="0 0 24 20" aria-hidden="true">
        {linkQualities.map((name, index) => (
          <rect
            key={name}
            className={index < level ? 'quality-on' : 'quality-off'}
            x={index * 6 + 1}
            y={14 - index * 4}
            width="4"
            height={5 + index * 4}
            rx="1"
          />
        ))}
      </svg>
      {quality !== null && <span>{text('session.quality', { quality: word })}</span>}
    </span>
  );
}
