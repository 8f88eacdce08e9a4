import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorCatalogue } from '../../contract/error-catalogue.ts';
import type { RouteAuth } from '../../contract/route.ts';
import { streamClose, streamProtocol, ticketProtocolPrefix } from '../../contract/stream.ts';

export const emptyReply = z.null().describe('Done.');
export const pictureReply = {
  description: 'A PNG picture.',
  content: { 'image/png': { schema: z.string().meta({ format: 'binary' }) } },
};

export const linesReply = {
  description: 'Lines of JSON.',
  content: { 'application/jsonl': { schema: z.string() } },
};

/** The OpenAPI security requirements of a kind of route, of which one has to be met. */
export function securityOf(auth: RouteAuth): Record<string, string[]>[] {
  const bound = (token: string) => ({ proof: [], [token]: [] });
  const requirements = {
    none: [],
    terminal: [bound('terminal')],
    user: [bound('user')],
    staff: [bound('user'), { pages: [] }],
  };
  return requirements[auth];
}

const securitySchemes = {
  proof: {
    type: 'apiKey' as const,
    in: 'header' as const,
    name: 'DPoP',
    description:
      "A JWT signed by the terminal's key (RFC 9449 section 4), ES256, with the nonce of the last `DPoP-Nonce` header, used once.",
  },
  terminal: {
    type: 'http' as const,
    scheme: 'DPoP',
    description: 'An access token of the terminal itself, bound to its key.',
  },
  user: {
    type: 'http' as const,
    scheme: 'DPoP',
    description: 'An access token of a signed-in user, bound to the key of the terminal.',
  },
  pages: {
    type: 'apiKey' as const,
    in: 'cookie' as const,
    name: '__Host-porthole-session',
    description:
      "The session of a browser that is signed in at the broker's pages. Anything but reading needs their `Origin`.",
  },
};

/** Serves the description of the API, made from the same rows as the routes themselves. */
export async function registerDocumentation(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Porthole broker', version, description: errorsInWords() },
      components: { securitySchemes },
      paths: { '/v1/sessions/{id}/streams/{channel}': { get: streamOperation } },
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
