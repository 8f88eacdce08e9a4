/** Who the command runs as, inside: a user of its own, or whoever started it. */
export type RunAs = { uid: number; groups: readonly number[] } | null;

export type FirstProcessPlan = {
  setpriv: string;
  runAs: RunAs;
  /** Socket of the proxy that is reached on 127.0.0.1. */
  proxySocket: string | null;
  nested: boolean;
};

/** What the first process needs to start the others as another user, and no more. */
const startingPowers = ['setuid', 'setgid', 'setpcap'] as const;

/** In the names of capabilities(7). */
export function capabilitiesNeeded({ nested }: { nested: boolean }): string[] {
  const names = nested ? [...startingPowers, 'sys_admin'] : startingPowers;
  return names.map((name) => `CAP_${name.toUpperCase()}`);
}

/** Connections through the proxy that a guest may have at once. */
export const maxConnections = 128;

const proxyPort = 3128;

/**
 * Starts the way out, where there is one, and the command, and ends as the command does: then the
 * kernel ends all that is left in the namespace (pid_namespaces(7)).
 * Arguments: the words that take privileges away, the address of the proxy, the command.
 */
const firstProcess = `
drop=$1 proxy=$2
shift 2
listening() {
  while read -r _ local _ state _; do
    [ "$local $state" = "${listeningAddress()} 0A" ] && return 0
  done </proc/net/tcp
  return 1
}
if [ -n "$proxy" ]; then
  $drop socat TCP-LISTEN:${proxyPort},bind=127.0.0.1,reuseaddr,fork,max-children=${maxConnections} \\
    "$proxy" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  tries=0
  until listening; do
    tries=$((tries + 1))
    if [ $tries -gt 1000 ]; then
      echo 'the way to the proxy does not open' >&2
      exit 1
    fi
    sleep 0.005
  done
fi
$drop "$@" &
wait $!
`;

/**
 * Where root starts it, bwrap covers parts of proc, and the kernel lets nobody who does not see all of
 * proc mount one of their own. The covers are against root, and nobody inside is.
 */
const takeOffCovers = `
for part in sys sysrq-trigger irq bus; do
  umount "/proc/$part" 2>/dev/null
done
exec "$@"
`;

/** The command that begins a sandbox, in front of the command that it is for. Pure. */
export function firstProcessCommand(plan: FirstProcessPlan): string[] {
  const { setpriv, runAs, proxySocket, nested } = plan;
  const uncover = runAs !== null && nested ? ['/bin/sh', '-c', takeOffCovers, 'sh'] : [];
  const proxy = proxySocket === null ? '' : `UNIX-CONNECT:${socatPath(proxySocket)}`;
  return [
    ...uncover,
    setpriv,
    // Its parent is bwrap, outside. The signal needs the same user on both sides, so that it can't be
    // left to the command itself.
    '--pdeathsig',
    'KILL',
    ...(runAs === null ? [] : keepStartingPowers),
    ...['/bin/sh', '-c', firstProcess, 'sh', dropWords(setpriv, runAs), proxy],
  ];
}

const keepStartingPowers = [
  '--ambient-caps=-all',
  '--inh-caps=-all',
  `--bounding-set=-all,${startingPowers.map((name) => `+${name}`).join(',')}`,
];

/** Split at spaces by the shell. */
function dropWords(setpriv: string, runAs: RunAs): string {
  if (runAs === null) return '';
  const { uid, groups } = runAs;
  return [
    setpriv,
    `--reuid=${uid}`,
    `--regid=${uid}`,
    `--groups=${groups.join(',')}`,
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ].join(' ');
}

/** As /proc/net/tcp writes it, which is in the byte order of the machine (proc(5)). */
function listeningAddress(): string {
  const loopback = new Uint32Array(new Uint8Array([127, 0, 0, 1]).buffer)[0] ?? 0;
  return [loopback.toString(16).padStart(8, '0'), proxyPort.toString(16).padStart(4, '0')]
    .join(':')
    .toUpperCase();
}

/** Characters that mean something in an address of socat(1). */
function socatPath(path: string): string {
  return path.replace(/[\\,:!"'()[\]{}]/g, '\\$&');
}
