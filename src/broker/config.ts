import { z } from 'zod';
import { appOrigin } from '../contract/app-origin.ts';
import { CodedError } from '../contract/errors.ts';
import type { Folders } from './folders.ts';

/** Twenty days: Node holds timers of up to 24. */
const longestSeconds = 20 * 24 * 60 * 60;
const seconds = (standard: number) =>
  z.number().int().positive().max(longestSeconds).default(standard);

export const limitsSchema = z.strictObject({
  /** Without key or mouse until a stream is closed; the session runs on. */
  idleSeconds: seconds(30 * 60),
  /** From start to end of a session. */
  sessionSeconds: seconds(12 * 60 * 60),
  /** How long a terminal may be away and still come back without a password. */
  resumeSeconds: seconds(120),
  /** How long a sign-in lasts. */
  signInSeconds: seconds(12 * 60 * 60),
  /** From start of a machine to its painted desktop. */
  bootTimeoutSeconds: seconds(60),
  /** Desktops at a time. */
  maxSessions: z.number().int().positive().max(10_000).default(64),
});
export type Limits = z.infer<typeof limitsSchema>;

const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'give addresses such as 10.0.0.7, or networks such as 10.0.0.0/8',
});

const originSchema = z
  .url({ protocol: /^https?$/ })
  .refine((text) => new URL(text).origin === text, { error: 'give the origin alone, without "/"' });

/** The configuration file of the broker: JSON, and each field may be left out. */
export const configSchema = z
  .strictObject({
    host: z.string().min(1).max(255).default('127.0.0.1'),
    /** 0 takes any free port. */
    port: z.number().int().min(0).max(65_535).default(7600),
    /** Where terminals reach the broker, when that is not where it listens. */
    publicOrigins: z.array(originSchema).default([]),
    /**
     * Reverse proxies in front of the broker: addresses, or networks such as 10.0.0.0/8. What one
     * of these says in `X-Forwarded-For` is taken for the address of a terminal, against which
     * wrong enrollment codes are counted; without it, all that come through a proxy share its own.
     */
    trustedProxies: z.array(networkSchema).default([]),
    /** Pages that may open streams. */
    streamOrigins: z.array(z.string()).default([appOrigin]),
    dataDir: z.string().min(1).optional(),
    runtimeDir: z.string().min(1).optional(),
    cacheDir: z.string().min(1).optional(),
    /** PEM files. Needed on any but the loopback address. */
    tls: z
      .strictObject({ cert: z.string().min(1), key: z.string().min(1) })
      .nullable()
      .default(null),
    limits: limitsSchema.prefault({}),
  })
  .refine((config) => config.tls !== null || isLoopback(config.host), {
    path: ['host'],
    error: 'other machines can reach this address, so "tls" has to be given',
  })
  .refine((config) => config.publicOrigins.length > 0 || !isWildcard(config.host), {
    path: ['publicOrigins'],
    error: 'give the address at which terminals reach the broker',
  });

export type ConfigInput = z.input<typeof configSchema>;
export type Config = z.infer<typeof configSchema> & Folders;

/** @throws config-invalid, which names the field. */
export function parseConfig(input: unknown, folders: Folders): Config {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new CodedError('config-invalid', {
      detail: [field, issue?.message].filter(Boolean).join(': '),
      cause: parsed.error,
    });
  }
  const { dataDir, runtimeDir, cacheDir, ...rest } = parsed.data;
  return {
    ...rest,
    dataDir: dataDir ?? folders.dataDir,
    runtimeDir: runtimeDir ?? folders.runtimeDir,
    cacheDir: cacheDir ?? folders.cacheDir,
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The origins that a proof may be made for, once the port is known (RFC 9449 `htu`). */
export function originsOf(config: Config, port: number): ReadonlySet<string> {
  const scheme = config.tls === null ? 'http' : 'https';
  const hosts = isLoopback(config.host) ? ['127.0.0.1', 'localhost', '[::1]'] : [];
  const own = config.host.includes(':') ? `[${config.host}]` : config.host;
  const listening = [...hosts, own].map((host) => new URL(`${scheme}://${host}:${port}`).origin);
  return new Set([...config.publicOrigins, ...listening]);
}
