import type { FastifyInstance, InjectOptions } from 'fastify';
import type { Clock } from '../../src/contract/clock.ts';
import type { Route } from '../../src/contract/route.ts';

export type Reply = {
  status: number;
  body: unknown;
  raw: Buffer;
  headers: Record<string, unknown>;
};

/** Sends a request to a broker, without a socket or over one. */
export type Transport = (request: {
  method: Route['method'];
  path: string;
  headers: Record<string, string>;
  payload: string | undefined;
}) => Promise<Reply>;

export type FakeTerminalDeps = { clock: Pick<Clock, 'now'>; origin: string; send: Transport };

/** A text field of an answer, which has to be there. */
export function textIn(body: unknown, field: string): string {
  const value =
    typeof body === 'object' && body !== null
      ? Object.entries(body).find(([key]) => key === field)
      : undefined;
  if (typeof value?.[1] !== 'string') throw new Error(`no ${field} in ${JSON.stringify(body)}`);
  return value[1];
}

/** Straight into the server, with no socket between. */
export function injected(app: FastifyInstance): Transport {
  return async ({ method, path, headers, payload }) => {
    const options: InjectOptions = { method, url: path, headers };
    const reply = await app.inject(payload === undefined ? options : { ...options, payload });
    return {
      status: reply.statusCode,
      headers: reply.headers,
      raw: reply.rawPayload,
      body: parsed(reply.payload),
    };
  };
}

/** Over the network. */
export function fetched(origin: string, fetchThere: typeof fetch = fetch): Transport {
  return async ({ method, path, headers: { host: _, ...headers }, payload }) => {
    const reply = await fetchThere(new URL(path, origin), {
      method,
      headers,
      redirect: 'manual',
      ...(payload === undefined ? {} : { body: payload }),
    });
    const raw = Buffer.from(await reply.arrayBuffer());
    return {
      status: reply.status,
      headers: { ...Object.fromEntries(reply.headers), 'set-cookie': reply.headers.getSetCookie() },
      raw,
      body: parsed(raw.toString()),
    };
  };
}

/** Lines of JSON, which end with a line feed, stay text. */
function parsed(text: string): unknown {
  return text.startsWith('{') && text.endsWith('}') ? JSON.parse(text) : text;
}
