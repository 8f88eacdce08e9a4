import type { User } from '../contract/broker-api.ts';
import { type Clock, pause } from '../contract/clock.ts';
import { CodedError } from '../contract/errors.ts';
import { streamProtocol, ticketProtocolPrefix } from '../contract/stream.ts';
import type { StreamGrant } from '../contract/terminal.ts';
import { brokerAddressSchema } from '../contract/terminal.ts';
import { backoffMs } from './backoff.ts';
import { type BrokerClient, createBrokerClient } from './broker-client.ts';
import { createDeviceKey, thumbprint } from './device-key.ts';
import type { Effect, TerminalEvent } from './events.ts';
import type { TerminalIdentity, Vault } from './vault.ts';

export type EffectDeps = {
  clock: Clock;
  fetch: typeof fetch;
  terminalName: string;
  /** In [0, 1), for jitter. */
  random: () => number;
};

/** A terminal that is enrolled: who it is, and the client that speaks to its broker. */
type Enrolled = { identity: TerminalIdentity; client: BrokerClient };

/**
 * Carries out what the machine asks for, and holds the secrets that no state may hold: the
 * identity and the user's access token. The token lives here only, and dies with the process.
 */
export class Effects {
  readonly #deps: EffectDeps;
  #vault: Vault;
  #enrolled: Enrolled | null = null;
  #accessToken: string | null = null;
  #grants = 0;
  /** Aborted when somebody signs in: then no earlier sign-out is to be told any more. */
  #leaving = new AbortController();

  constructor(vault: Vault, deps: EffectDeps) {
    this.#vault = vault;
    this.#deps = deps;
  }

  get broker(): string | null {
    return this.#enrolled?.identity.broker ?? null;
  }

  useVault(vault: Vault): void {
    this.#vault = vault;
  }

  /** The event that the effect ends with; null where there is nothing to tell. */
  async run(effect: Effect, signal: AbortSignal): Promise<TerminalEvent | null> {
    switch (effect.kind) {
      case 'read-vault':
        return this.#readVault();
      case 'resume':
        return this.#resume(signal);
      case 'enroll':
        return this.#enroll(effect.offer, signal);
      case 'authenticate':
        return this.#authenticate(effect.username, effect.password, signal);
      case 'list-desktops': {
        const { client, ...signed } = this.#signedIn();
        const { desktops } = await client.call('listDesktops', { ...signed, signal });
        return { kind: 'desktops-listed', desktops };
      }
      case 'start-session': {
        const { client, ...signed } = this.#signedIn();
        const body = { desktopId: effect.desktopId };
        const session = await client.call('createSession', { ...signed, body, signal });
        return { kind: 'session-changed', session };
      }
      case 'follow-session': {
        const { client, ...signed } = this.#signedIn();
        const { id, revision } = effect.session;
        const call = { ...signed, params: { id }, query: { after: revision }, signal };
        return { kind: 'session-changed', session: await client.call('getSession', call) };
      }
      case 'request-ticket':
        return { kind: 'ticket-granted', grant: await this.#grant(effect.sessionId, signal) };
      case 'wait-until': {
        const { clock } = this.#deps;
        await pause(clock, Math.max(0, effect.at - clock.now()), signal);
        return { kind: 'due' };
      }
      case 'end-session': {
        const { client, ...signed } = this.#signedIn();
        const call = { ...signed, params: { id: effect.sessionId }, signal };
        await this.#persist(() => client.call('endSession', call), signal);
        // A list of desktops on the screen is out of date now.
        return { kind: 'due' };
      }
      case 'lock':
        return this.#lock(signal);
      case 'sign-out':
        return this.#signOut(signal);
      case 'forget':
        return this.#forget(signal);
    }
  }

  /** PNG of the screen of a running session. */
  async picture(sessionId: string): Promise<Uint8Array> {
    const { client, ...signed } = this.#signedIn();
    return client.call('sessionPicture', { ...signed, params: { id: sessionId } });
  }

  async #readVault(): Promise<TerminalEvent> {
    const identity = await this.#vault.read();
    if (identity === null) return { kind: 'identity-missing' };
    this.#enrolled = { identity, client: this.#clientOf(identity.broker) };
    return { kind: 'identity-found', broker: identity.broker };
  }

  async #enroll(
    offer: { broker: string; code: string },
    signal: AbortSignal,
  ): Promise<TerminalEvent> {
    const address = brokerAddressSchema.safeParse(offer.broker);
    if (!address.success) throw new CodedError('broker-address-invalid');
    const privateKey = await createDeviceKey();
    const client = this.#clientOf(address.data);
    const { terminalId, refreshToken } = await client.call('enroll', {
      key: privateKey,
      token: null,
      body: { code: offer.code, name: this.#deps.terminalName },
      signal,
    });
    if (terminalId !== (await thumbprint(privateKey))) {
      throw new CodedError('broker-answer-invalid', { detail: 'terminalId' });
    }
    const identity = {
      broker: address.data,
      terminalId,
      privateKey,
      refreshToken,
      resumable: false,
    };
    await this.#vault.write(identity);
    this.#enrolled = { identity, client };
    return { kind: 'enrolled', broker: identity.broker };
  }

  async #authenticate(
    username: string,
    password: string,
    signal: AbortSignal,
  ): Promise<TerminalEvent> {
    const body = { grant: 'password', username, password } as const;
    const { user } = await this.#requestToken(body, signal);
    // A sign-out that did not get through yet would end what this user goes on with.
    this.#leaving.abort();
    this.#leaving = new AbortController();
    await this.#markResumable(true).catch(() => {
      // Without the mark a restart asks for the password, which is no reason to refuse it now.
    });
    return { kind: 'signed-in', user };
  }

  async #resume(signal: AbortSignal): Promise<TerminalEvent> {
    const { identity } = this.#identified();
    if (!identity.resumable) return { kind: 'nothing-to-resume', broker: identity.broker };
    try {
      const { user, session } = await this.#requestToken({ grant: 'resume' }, signal);
      if (session !== null) return { kind: 'resumed', user, session };
    } catch (error) {
      const nothing = error instanceof CodedError && error.code === 'nothing-to-resume';
      if (!nothing) throw error;
    }
    return { kind: 'nothing-to-resume', broker: identity.broker };
  }

  async #requestToken(
    body: { grant: 'password'; username: string; password: string } | { grant: 'resume' },
    signal: AbortSignal,
  ): Promise<{
    user: User;
    session: Extract<TerminalEvent, { kind: 'resumed' }>['session'] | null;
  }> {
    const { identity, client } = this.#identified();
    const { privateKey: key, refreshToken: token } = identity;
    const reply = await client.call('signIn', { key, token, body, signal });
    this.#accessToken = reply.accessToken;
    return reply;
  }

  async #grant(sessionId: string, signal: AbortSignal): Promise<StreamGrant> {
    const { client, ...signed } = this.#signedIn();
    const call = { ...signed, params: { id: sessionId }, signal };
    const { ticket, path } = await client.call('createTicket', call);
    const url = new URL(path, client.origin);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#grants += 1;
    return {
      number: this.#grants,
      url: url.href,
      protocols: [streamProtocol, `${ticketProtocolPrefix}${ticket}`],
    };
  }

  async #lock(signal: AbortSignal): Promise<null> {
    const { client, ...signed } = this.#signedIn();
    const told = this.#persist(() => client.call('lock', { ...signed, signal }), signal);
    await Promise.all([this.#markResumable(false), told]);
    return null;
  }

  async #signOut(signal: AbortSignal): Promise<null> {
    const { client, ...signed } = this.#signedIn();
    this.#accessToken = null;
    const stop = AbortSignal.any([signal, this.#leaving.signal]);
    const told = this.#persist(() => client.call('signOut', { ...signed, signal: stop }), stop);
    await Promise.all([this.#markResumable(false), told.catch(unlessAborted(stop))]);
    return null;
  }

  /** The vault comes first: a broker that cannot be reached must not keep a terminal enrolled. */
  async #forget(signal: AbortSignal): Promise<null> {
    const enrolled = this.#enrolled;
    this.#enrolled = null;
    this.#accessToken = null;
    await this.#vault.erase();
    if (enrolled !== null) {
      const { privateKey: key, refreshToken: token } = enrolled.identity;
      await this.#persist(() => enrolled.client.call('unenroll', { key, token, signal }), signal);
    }
    return null;
  }

  async #markResumable(resumable: boolean): Promise<void> {
    const { identity, client } = this.#identified();
    if (identity.resumable === resumable) return;
    this.#enrolled = { identity: { ...identity, resumable }, client };
    await this.#vault.write({ ...identity, resumable });
  }

  /** Says it again until the broker has heard it: what a person asked for is not lost. */
  async #persist<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random } = this.#deps;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        const away = error instanceof CodedError && error.code === 'broker-unreachable';
        if (!away) throw error;
        await pause(clock, backoffMs(attempt, random()), signal);
      }
    }
  }

  #clientOf(origin: string): BrokerClient {
    return createBrokerClient(origin, this.#deps);
  }

  #identified(): Enrolled {
    if (this.#enrolled === null) throw new CodedError('terminal-unknown');
    return this.#enrolled;
  }

  #signedIn(): { client: BrokerClient; key: TerminalIdentity['privateKey']; token: string } {
    const { client, identity } = this.#identified();
    if (this.#accessToken === null) throw new CodedError('not-signed-in');
    return { client, key: identity.privateKey, token: this.#accessToken };
  }
}

/** For work that was stopped on purpose: its end is no failure. */
function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
