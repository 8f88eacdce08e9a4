import type { FastifyError, FastifyInstance } from 'fastify';
import { html } from 'ghtml';
import { errorCatalogue } from '../../contract/error-catalogue.ts';
import { CodedError } from '../../contract/errors.ts';
import { layoutMarkup } from './layout.ts';
import { chooseLocale, type Locale } from './locale.ts';
import { linkMarkup, problemMarkup } from './markup.ts';
import { pageHeaders } from './page-headers.ts';
import type { NoteRefusal } from './page-router.ts';

/** Answers what goes wrong on a page with a page that says so. */
export function registerProblemPage(app: FastifyInstance, onRefused: NoteRefusal): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const coded = codedErrorOf(error);
    const status = errorCatalogue[coded.code].status ?? 500;
    if (status >= 500) request.log.error({ err: error, code: coded.code }, 'page failed');
    else onRefused(request, coded);
    void reply.headers(pageHeaders());
    if (coded.retryAfterSeconds !== undefined) {
      void reply.header('retry-after', coded.retryAfterSeconds);
    }
    const locale = chooseLocale(request.headers['accept-language']);
    return reply.status(status).type('text/html; charset=utf-8').send(problemPage(locale, coded));
  });
}

/** Also for what the OpenID provider cannot tell the client of, such as a wrong redirect address. */
export function problemPage(locale: Locale, error: CodedError): string {
  const { text } = locale;
  const inWindow = error.code === 'sign-in-expired';
  return layoutMarkup(locale, {
    title: text.problem.title,
    failed: true,
    shape: 'card',
    body: html`
      <h1 class="heading">${text.problem.title}</h1>
      !${problemMarkup(locale, error.problem)}
      !${inWindow ? html`<p class="soft">${text.problem.window}</p>` : linkMarkup('/', text.problem.startOver, 'plain')}`,
  });
}

function codedErrorOf(error: FastifyError): CodedError {
  if (error instanceof CodedError) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new CodedError('body-too-large');
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new CodedError('invalid-request', { detail: error.code });
  }
  return new CodedError('internal-error', { cause: error });
}
