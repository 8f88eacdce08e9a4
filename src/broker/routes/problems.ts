import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { CodedError, errorCatalogue, type Problem } from '../../contract/errors.ts';

/** Answers everything that goes wrong with a problem of the catalogue. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const coded = codedErrorOf(error);
    const status = statusOf(coded);
    if (status >= 500) request.log.error({ err: error, code: coded.code }, 'request failed');
    return sendProblem(request, reply, coded);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new CodedError('not-found')),
  );
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: CodedError) {
  const status = statusOf(error);
  const body: Problem = { ...error.problem, requestId: request.id };
  if (error.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', error.retryAfterSeconds);
  }
  // RFC 9449 section 7.1
  if (status === 401) void reply.header('www-authenticate', 'DPoP algs="ES256"');
  // Sent as text: the body of an answer that failed its own schema must not be held against it.
  return reply.status(status).type('application/json').send(JSON.stringify(body));
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
