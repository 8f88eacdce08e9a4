/** The sea at the foot of the window, behind everything else. */
export function Horizon() {
  return (
    <svg className="horizon" viewBox="0 0 1200 200" preserveAspectRatio="none" aria-hidden="true">
      <path
        className="horizon-far"
        d="M0 62c100-26 200-26 300 0s200 26 300 0 200-26 300 0 200 26 300 0v138H0Z"
      />
      <path
        className="horizon-near"
        d="M0 120c120 30 240 30 400 4s280-40 420-8 260 24 380-6v90H0Z"
      />
    </svg>
  );
}
