import { PortholeScene } from '../components/porthole-scene.tsx';
import { useText } from '../text/use-text.ts';

/** The moment between a desktop that is ready and its first picture. */
export function OpeningScreen({ name }: { name: string }) {
  const text = useText();
  return (
    <div className="opening">
      <PortholeScene className="opening-scene" progress={1} />
      <h1 className="opening-name">
        <bdi>{name}</bdi>
      </h1>
      <p>{text('session.opening')}</p>
    </div>
  );
}
