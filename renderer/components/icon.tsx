const paths = {
  alert:
    'M12 8v5m0 3.5v.01M10.3 4 2.7 17.5A2 2 0 0 0 4.4 20.5h15.200a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z',
  appearance:
    'M12 3a9 9 0 1 0 0 18M12 3a9 9 0 0 1 0 18M12 3v18M3.5 9h17M3.5 15h17M12 3c-2.5 2.5-3.8 5.5-3.8 9s1.3 6.5 3.8 9',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevron: 'm6 9 6 6 6-6',
  close: 'M6 6l12 12M18 6 6 18',
  eye: 'M2.5 12S6 5.5 12 5.5 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z',
  expand: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  figures: 'M4 20.5h16M6.5 17v-4M12 17V8M17.5 17V4',
  keyboard:
    'M3.5 6.5h17a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-17a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM6 10h.01M10 10h.01M14 10h.01M18 10h.01M7.5 14h9',
  leave: 'M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M3 12h11M10 8l4 4-4 4',
  lock: 'M6.5 11h11a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V12a1 1 0 0 1 1-1ZM8 11V7.5a4 4 0 0 1 8 0V11',
  message:
    'M4.500 5h15a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H10l-4.500 3.500V17h-1a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM8 9.500h8M8 12.500h5',
  power: 'M12 3v8M6.3 6.800a8 8 0 1 0 11.4 0',
  refresh: 'M20 12a8 8 0 1 1-2.5-5.800M20 3v4.5h-4.5',
  screen:
    'M3.5 5h17a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-17a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM8.5 20.5h7M12 17v3.5',
  shrink: 'M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20.5a7.5 7.5 0 0 1 15 0',
} as const;

export type IconName = keyof typeof paths;

/** A drawing beside words, never in their place: hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
