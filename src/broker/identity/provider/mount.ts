import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../../contract/clock.ts';
import { errorCatalogue } from '../../../contract/error-catalogue.ts';
import { CodedError } from '../../../contract/errors.ts';
import type { Refusal } from '../../audit/refusal-log.ts';
import type { Nonces } from '../nonces.ts';
import { createThrottle } from '../throttle.ts';
import { oauthRoutes } from './configuration.ts';
import type { DeviceRequests } from './device-requests.ts';
import { originOf, type Providers } from './providers.ts';
import { refusedAt } from './refusals.ts';

type Deps = {
  clock: Clock;
  providers: Providers;
  deviceRequests: Pick<DeviceRequests, 'admit'>;
  nonces: Nonces;
  onRefused(refusal: Refusal): void;
};

/** Of an address, which a whole office may share that comes to work. */
const visitLimits = {
  free: 300,
  firstDelayMs: 1_000,
  longestDelayMs: 10_000,
  forgetOneMs: 1_000,
};

const paths = ['/oauth/*', '/.well-known/openid-configuration'];

/** Serves OAuth 2.0 and OpenID Connect beside the broker's own API. */
export async function mountProviders(app: FastifyInstance, deps: Deps): Promise<void> {
  const { clock, providers, deviceRequests, nonces, onRefused } = deps;
  const visits = createThrottle(clock, 'too-many-requests', visitLimits);
  await app.register(async (scope) => {
    // oidc-provider reads bodies itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));

    scope.addHook('onRequest', async (request) => {
      // Nobody has to be anybody to begin a sign-in, which the store then keeps for some minutes.
      if (pathOf(request) === oauthRoutes.authorization) visits.begin(request.ip);
    });

    scope.addHook('onRequest', async (request, reply) => {
      if (request.method !== 'POST' || pathOf(request) !== oauthRoutes.device_authorization) return;
      try {
        await deviceRequests.admit({
          raw: request.raw,
          path: oauthRoutes.device_authorization,
          proof: proofOf(request),
          address: request.ip,
        });
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        if (error.code !== 'proof-nonce-needed') {
          onRefused(refusedAt('oauth.device_authorization', request.ip, error.code));
        }
        await sendOAuthError(reply, error, nonces);
      }
    });

    for (const url of paths) {
      scope.route({
        method: ['GET', 'POST'],
        url,
        config: { auth: 'none' },
        schema: { hide: true },
        handler: (request, reply) => {
          const provider = providers.at(originOf(request));
          reply.raw.setHeader('x-content-type-options', 'nosniff');
          reply.raw.setHeader('x-request-id', request.id);
          reply.hijack();
          return provider.callback()(request.raw, reply.raw);
        },
      });
    }
  });
}

/** The form that RFC 6749 section 5.2 gives errors, and RFC 9449 those of proofs. */
function sendOAuthError(reply: FastifyReply, error: CodedError, nonces: Nonces): FastifyReply {
  const names: Partial<Record<CodedError['code'], string>> = {
    'proof-nonce-needed': 'use_dpop_nonce',
    'proof-invalid': 'invalid_dpop_proof',
  };
  const name = names[error.code] ?? 'temporarily_unavailable';
  if (error.code === 'proof-nonce-needed') void reply.header('dpop-nonce', nonces.next());
  if (error.retryAfterSeconds !== undefined) {
    void reply.header('retry-after', error.retryAfterSeconds);
  }
  const status = name === 'temporarily_unavailable' ? errorCatalogue[error.code].status : 400;
  return reply.status(status ?? 400).send({ error: name, error_description: error.code });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/** RFC 9449 section 4.3: there must not be more than one proof; Node would join them by ", ". */
function proofOf(request: FastifyRequest): string | undefined {
  const value = request.headers.dpop;
  return typeof value === 'string' ? value : undefined;
}
