import { type ReactNode, useEffect, useRef } from 'react';

type Props = { children: ReactNode; className?: string };

/** The title of a screen. Takes the focus that the screen before it has left behind. */
export function ScreenHeading({ children, className = '' }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} className={`heading ${className}`}>
      {children}
    </h1>
  );
}
