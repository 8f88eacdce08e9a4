/** One process, as /proc/PID/stat tells of it (proc(5)). Times in seconds. */
export type ProcessStat = {
  pid: number;
  parent: number;
  /** Clock ticks since boot: tells it from the next one with its number. */
  startTime: number;
  /** Of its own and of the children that it has waited for, and theirs. */
  cpuSeconds: number;
};

/** USER_HZ, in which the kernel counts for programs: 100 on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** Zombies count: what they used is in no other place yet. Null for what is not such a line. */
export function parseProcessStat(text: string): ProcessStat | null {
  const pid = Number.parseInt(text, 10);
  // Field 2, the name, is in brackets and may itself hold spaces and brackets; field 3 is next.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  const ticks = field(14) + field(15) + field(16) + field(17);
  const stat = {
    pid,
    parent: field(4),
    startTime: field(22),
    cpuSeconds: ticks / ticksPerSecond,
  };
  return Object.values(stat).every(Number.isFinite) ? stat : null;
}
