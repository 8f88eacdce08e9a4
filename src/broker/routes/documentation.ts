import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RouteAuth } from '../../contract/broker-api.ts';
import { errorCatalogue } from '../../contract/errors.ts';
import { streamClose, streamProtocol, ticketProtocolPrefix } from '../../contract/stream.ts';

export const emptyReply = z.null().describe('Done.');
export const pictureReply = {
  description: 'A PNG picture.',
  content: { 'image/png': { schema: z.string().meta({ format: 'binary' }) } },
};

/** The OpenAPI security requirement of a kind of route. */
export function securityOf(auth: RouteAuth): Record<string, string[]>[] {
  if (auth === 'none') return [];
  const token = { proof: {}, terminal: { terminal: [] }, user: { user: [] } }[auth];
  return [{ proof: [], ...token }];
}

const securitySchemes = {
  proof: {
    type: 'apiKey' as const,
    in: 'header' as const,
    name: 'DPoP',
    description: "A JWT signed by the terminal's key (RFC 9449 section 4), ES256, used once.",
  },
  terminal: {
    type: 'http' as const,
    scheme: 'DPoP',
    description: "The terminal's refresh token, as given at its enrollment.",
  },
  user: {
    type: 'http' as const,
    scheme: 'DPoP',
    description: 'The access token of a signed-in user, bound to the key of the terminal.',
  },
};

/** Serves the description of the API, made from the same rows as the routes themselves. */
export async function registerDocumentation(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Porthole broker', version, description: errorsInWords() },
      components: { securitySchemes },
      paths: { '/v1/sessions/{id}/stream': { get: streamOperation } },
    },
    transform: jsonSchemaTransform,
  });
  app.get(
    '/v1/openapi.json',
    { config: { auth: 'none' }, schema: { hide: true } },
    async (_request, reply) => reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
}

function errorsInWords(): string {
  const rows = Object.entries(errorCatalogue)
    .filter(([, { status }]) => status !== null)
    .map(([code, { status, message }]) => `- ${status} \`${code}\`: ${message}`);
  return ['Every answer of 400 and above has a problem as its body. Its codes:', ...rows].join(
    '\n',
  );
}

const closeCodes = Object.entries(streamClose).map(([name, code]) => `${code} ${name}`);

const streamOperation = {
  operationId: 'stream',
  summary: 'The screen, keyboard and mouse of a session: RFB in binary WebSocket messages.',
  description: [
    `Offer two subprotocols: \`${streamProtocol}\`, which is selected, and`,
    `\`${ticketProtocolPrefix}<ticket>\`. The stream is closed with one of these codes:`,
    `${closeCodes.join(', ')}; or 1009 for a message of more than 1 MiB.`,
  ].join(' '),
  parameters: [
    {
      name: 'id',
      in: 'path' as const,
      required: true,
      schema: { type: 'string' as const, format: 'uuid' },
    },
  ],
  responses: { 101: { description: 'Switching to WebSocket.' } },
};
