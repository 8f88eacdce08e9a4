/** A porthole with the sea in it; index.html has the same drawing. */
export function BrandMark({ className = '' }: { className?: string }) {
  return (
    <svg className={`brand-mark ${className}`} viewBox="0 0 48 48" aria-hidden="true">
      <circle className="brand-rim" cx="24" cy="24" r="22" />
      <circle className="brand-sky" cx="24" cy="24" r="16" />
      <path
        className="brand-sea"
        d="M8.2 26.4c3.5 2.4 7 2.4 10.5 0s7-2.4 10.6 0 7 2.4 10.5 0A16 16 0 0 1 8.2 26.4Z"
      />
      <circle className="brand-sun" cx="30" cy="17.5" r="3.2" />
    </svg>
  );
}
