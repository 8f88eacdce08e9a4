import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorCatalogue } from '../../contract/error-catalogue.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { Refusal } from '../audit/refusal-log.ts';
import type { PageSession, PageSessions } from '../identity/page-sessions.ts';
import { layoutMarkup, type Page } from './layout.ts';
import { chooseLocale, type Locale } from './locale.ts';
import { ownOrigin } from './own-origin.ts';
import { pageHeaders } from './page-headers.ts';

export type Visit = {
  request: FastifyRequest;
  reply: FastifyReply;
  locale: Locale;
  /** Of this broker, as the visitor's browser knows it. */
  origin: string;
};
export type SignedInVisit = Visit & { session: PageSession };

/** A page, or where to go on instead. */
export type Answer =
  | (Omit<Page, 'failed' | 'viewer'> & {
      /** Why the form that was sent is shown again: gives the status, and goes on record. */
      failure?: CodedError | null;
      /** What the failure is about, for the record, where the page knows. */
      known?: Known;
      /** Where the page knows better than the browser which language is wanted. */
      locale?: Locale;
      formTargets?: readonly string[];
    })
  | { location: string };

/** What a page knows of a refusal beside who is signed in. */
export type Known = Partial<Pick<Refusal, 'by' | 'target'>>;

/** Puts a refusal on record, if it is one. */
export type NoteRefusal = (request: FastifyRequest, error: CodedError, known?: Known) => void;

type Method = 'GET' | 'POST';

export type PageRouter = {
  /** For everybody. */
  open(method: Method, path: string, answer: (visit: Visit) => Promise<Answer>): void;
  /** For who is signed in here and has the permission; others are led to the sign-in first. */
  signedIn(
    method: Method,
    path: string,
    permission: Permission | null,
    answer: (visit: SignedInVisit) => Promise<Answer>,
  ): void;
};

type Deps = {
  app: FastifyInstance;
  origins(): ReadonlySet<string>;
  pageSessions: PageSessions;
  /** Where to sign in, and come back from to the page asked for. */
  signInFor(visit: Visit): string;
  onRefused: NoteRefusal;
};

/** Each page says what it takes to see it, in its `config` as well, as every route does. */
export function createPageRouter({
  app,
  origins,
  pageSessions,
  signInFor,
  onRefused,
}: Deps): PageRouter {
  function visitOf(request: FastifyRequest, reply: FastifyReply): Visit {
    const locale = chooseLocale(request.headers['accept-language']);
    return { request, reply, locale, origin: ownOrigin(request, origins()) };
  }

  function send(visit: Visit, answer: Answer, viewer: PageSession | null) {
    const { request, reply, locale } = visit;
    if ('location' in answer) {
      void reply.headers(pageHeaders());
      return reply.redirect(answer.location, 303);
    }
    const { failure = null, known, formTargets, ...page } = answer;
    if (failure !== null) onRefused(request, failure, known);
    void reply.headers(pageHeaders(formTargets));
    if (failure?.retryAfterSeconds !== undefined) {
      void reply.header('retry-after', failure.retryAfterSeconds);
    }
    const body = layoutMarkup(answer.locale ?? locale, {
      ...page,
      failed: failure !== null,
      viewer: viewer && { ...viewer, ...viewer.user, path: request.routeOptions.url ?? '' },
    });
    const status = failure === null ? 200 : (errorCatalogue[failure.code].status ?? 400);
    return reply.status(status).type('text/html; charset=utf-8').send(body);
  }

  return {
    open: (method, url, answer) => {
      app.route({
        method,
        url,
        schema: { hide: true },
        config: { auth: 'none' },
        handler: async (request, reply) => {
          const visit = visitOf(request, reply);
          return send(visit, await answer(visit), null);
        },
      });
    },

    signedIn: (method, url, permission, answer) => {
      app.route({
        method,
        url,
        schema: { hide: true },
        config: { auth: 'staff', ...(permission === null ? {} : { permission }) },
        handler: async (request, reply) => {
          const visit = visitOf(request, reply);
          const found = await pageSessions.of(request, reply);
          if (found === null) {
            if (method === 'POST') throw new CodedError('not-signed-in');
            return send(visit, { location: signInFor(visit) }, null);
          }
          request.caller = { ...found, locked: false };
          if (permission !== null && !found.permissions.has(permission)) {
            throw new CodedError('permission-missing');
          }
          return send(visit, await answer({ ...visit, session: found }), found);
        },
      });
    },
  };
}
