import type { z } from 'zod';
import type { RouteName, routes } from '../../contract/broker-api.ts';
import type { CallerOf } from '../identity/callers.ts';

type Routes = typeof routes;

type Parsed<N extends RouteName, Part extends string> = Routes[N] extends {
  [P in Part]: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : undefined;

/** A request that was authenticated and has the form that its row of the contract describes. */
export type Call<N extends RouteName> = {
  params: Parsed<N, 'params'>;
  query: Parsed<N, 'query'>;
  body: Parsed<N, 'body'>;
  caller: CallerOf<Routes[N]['auth']>;
  /** Network address of the peer. */
  address: string;
  /** Aborted when the peer goes away before the answer. */
  signal: AbortSignal;
};

/** `'jsonl'` is answered with lines, each with its line feed. */
export type Answer<N extends RouteName> = Routes[N]['reply']['body'] extends infer Body
  ? Body extends z.ZodType
    ? z.output<Body>
    : Body extends 'png'
      ? Buffer
      : Body extends 'jsonl'
        ? AsyncIterable<string>
        : null
  : never;

/** A route with an empty reply answers with nothing. */
export type Handler<N extends RouteName> = (
  call: Call<N>,
) => Answer<N> extends null ? Promise<void> : Promise<Answer<N>>;

/** What answers the routes of the contract; each resource gives its own. */
export type Handlers = { [N in RouteName]: Handler<N> };
