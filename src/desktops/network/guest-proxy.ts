import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../contract/clock.ts';
import { type Answer, answerRequest, answers, answerTunnel, refusal } from './answers.ts';
import { connectTo, NoConnection } from './connection.ts';
import { type Destination, parseAuthority } from './destinations.ts';
import { forward, parseTarget } from './forwarding.ts';
import type { Gate } from './gate.ts';
import { type Traffic, withConnection } from './traffic.ts';

export type GuestProxyDeps = {
  clock: Clock;
  gate: Gate;
  onRefused: (destination: string, reason: string) => void;
};

export type ProxyCounts = { tunnels: number; requests: number; refused: number; failed: number };

/** Connections of one guest; more are closed at once. */
const maxConnections = 128;

type Passage = { destination: Destination; close: () => void };

/** One guest's way out: an HTTP proxy that lets through what its gate allows. */
export class GuestProxy {
  readonly counts: ProxyCounts = { tunnels: 0, requests: 0, refused: 0, failed: 0 };
  readonly #clock: Clock;
  readonly #onRefused: GuestProxyDeps['onRefused'];
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #passages = new Set<Passage>();
  /** Over connections that are closed. */
  #traffic: Traffic = { receivedBytes: 0, sentBytes: 0 };
  #gate: Gate;

  constructor({ clock, gate, onRefused }: GuestProxyDeps) {
    this.#clock = clock;
    this.#gate = gate;
    this.#onRefused = onRefused;
    this.#server = createServer({
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      // Uploads take their time.
      requestTimeout: 0,
      keepAliveTimeout: 30_000,
      connectionsCheckingInterval: 5000,
    });
    this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (socket) => this.#track(socket));
    this.#server.on('request', (request, response) => void this.#onRequest(request, response));
    this.#server.on('connect', (request, socket, head) => {
      void this.#onConnect(request, socket, head);
    });
  }

  get traffic(): Traffic {
    return [...this.#connections].reduce(withConnection, this.#traffic);
  }

  /** @throws the system's error when the path can't be listened on */
  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** From now on; what the new gate does not allow is cut. */
  setGate(gate: Gate): void {
    this.#gate = gate;
    for (const { destination, close } of this.#passages) {
      if (!gate.allows(destination)) close();
    }
  }

  /** Its socket is gone with it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { close } of this.#passages) close();
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  #track(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#traffic = withConnection(this.#traffic, socket);
    });
  }

  async #onConnect(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    // Until it is piped, nobody else listens: a guest that goes away is no fault.
    client.on('error', () => client.destroy());
    const destination = parseAuthority(request.url ?? '');
    const through =
      destination === null ? this.#fail(answers.malformed) : await this.#open(destination);
    if (!('connection' in through)) {
      answerTunnel(client, through);
      return;
    }
    this.counts.tunnels += 1;
    const { connection, passage } = through;
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) connection.write(head);
    try {
      await Promise.all([pipeline(client, connection), pipeline(connection, client)]);
    } catch {
      // One side broke off; the other ends with it.
      client.destroy();
      connection.destroy();
    } finally {
      this.#passages.delete(passage);
    }
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = parseTarget(request.url ?? '');
    if (target === null) {
      answerRequest(response, this.#fail(answers.malformed));
      return;
    }
    const through = await this.#open(target);
    if (!('connection' in through)) {
      answerRequest(response, through);
      return;
    }
    this.counts.requests += 1;
    const { connection, passage } = through;
    try {
      await forward(request, response, target, connection);
    } catch {
      answerRequest(response, answers.unreachable);
    } finally {
      connection.destroy();
      this.#passages.delete(passage);
    }
  }

  async #open(
    destination: Destination,
  ): Promise<{ connection: Socket; passage: Passage } | Answer> {
    const gate = this.#gate;
    const { port } = destination;
    const verdict = await gate.judge(destination);
    if (verdict.kind === 'refused') return this.#refuse(destination, verdict.reason);
    if (verdict.kind === 'unknown') return this.#fail(answers.unknown);
    try {
      const connection = await connectTo({ address: verdict.address, port }, this.#clock);
      if (gate !== this.#gate && !this.#gate.allows(destination)) {
        connection.destroy();
        return this.#refuse(destination, 'the list has just been changed');
      }
      const passage = { destination, close: () => void connection.destroy() };
      this.#passages.add(passage);
      return { connection, passage };
    } catch (error) {
      const late = error instanceof NoConnection && error.late;
      return this.#fail(late ? answers.late : answers.unreachable);
    }
  }

  #refuse({ host, port }: Destination, reason: string): Answer {
    this.counts.refused += 1;
    this.#onRefused(`${host}:${port}`, reason);
    return refusal(reason);
  }

  #fail(answer: Answer): Answer {
    this.counts.failed += 1;
    return answer;
  }
}
