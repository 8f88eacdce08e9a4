import type { Handlers } from './handlers.ts';

export function healthHandlers({ version }: { version: string }): Pick<Handlers, 'health'> {
  return { health: async () => ({ status: 'ok', product: 'porthole', version }) };
}
