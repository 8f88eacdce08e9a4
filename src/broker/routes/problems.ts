import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { errorCatalogue } from '../../contract/error-catalogue.ts';
import { CodedError, type Problem } from '../../contract/errors.ts';
import { nobodyAt } from '../audit/actor.ts';
import type { Refusal } from '../audit/refusal-log.ts';

/** Answers everything that goes wrong with a problem of the catalogue. */
export function registerProblems(
  app: FastifyInstance,
  onRefused: (refusal: Refusal) => void,
): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const coded = codedErrorOf(error);
    const status = statusOf(coded);
    if (status >= 500) request.log.error({ err: error, code: coded.code }, 'request failed');
    if (isRefused(request, coded)) onRefused(refusalOf(request, coded));
    return sendProblem(request, reply, coded);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new CodedError('not-found')),
  );
}

/** What anybody is refused. */
const refusals: ReadonlySet<number> = new Set([401, 403, 413, 429]);
/** What tells, of those who are known, that they look for what is not theirs. */
const refusalsOfKnown: ReadonlySet<number> = new Set([400, 404]);

/** Whether it is for the audit log. A proof without a nonce is how every terminal begins. */
export function isRefused({ caller }: FastifyRequest, error: CodedError): boolean {
  const status = statusOf(error);
  if (caller !== null && refusalsOfKnown.has(status)) return true;
  return refusals.has(status) && error.code !== 'proof-nonce-needed';
}

/** A request that was refused, for the audit log. */
export function refusalOf(request: FastifyRequest, { code }: CodedError): Refusal {
  const { method, routeOptions, caller, ip: address } = request;
  const { url = '', schema } = routeOptions;
  const route = schema?.operationId ?? `${method} ${url}`;
  return { code, route, by: caller?.by ?? nobodyAt(address) };
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: CodedError) {
  const status = statusOf(error);
  const body: Problem = { ...error.problem, requestId: request.id };
  if (error.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', error.retryAfterSeconds);
  }
  if (status === 401) void reply.header('www-authenticate', challengeFor(error));
  // Sent as text: the body of an answer that failed its own schema must not be held against it.
  return reply.status(status).type('application/json').send(JSON.stringify(body));
}

/** RFC 9449 sections 7.1 and 9. */
function challengeFor({ code }: CodedError): string {
  if (code === 'proof-nonce-needed') return 'DPoP error="use_dpop_nonce", algs="ES256"';
  if (code === 'proof-invalid') return 'DPoP error="invalid_dpop_proof", algs="ES256"';
  return 'DPoP error="invalid_token", algs="ES256"';
}

/** A fault without a status of its own is one of the broker's, such as a damaged store. */
function statusOf(error: CodedError): number {
  return errorCatalogue[error.code].status ?? 500;
}

function codedErrorOf(error: FastifyError): CodedError {
  if (error instanceof CodedError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [issue] = error.validation;
    const detail = `${error.validationContext ?? 'request'}${issue?.instancePath}: ${issue?.message}`;
    return new CodedError('invalid-request', { detail });
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new CodedError('body-too-large');
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new CodedError('invalid-request', { detail: error.code });
  }
  return new CodedError('internal-error', { cause: error });
}
