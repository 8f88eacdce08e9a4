/**
 * Aborts when this process is asked to end: by Ctrl-C, by a signal, or by the end of the process
 * that started it over an IPC channel, which may have been killed without a chance to say so.
 */
export function endingSignal(self: NodeJS.Process): AbortSignal {
  const controller = new AbortController();
  const end = () => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) self.on(name, end);
  self.on('disconnect', end);
  // The channel is only there to be cut: it must not keep this process running.
  self.channel?.unref();
  return controller.signal;
}
