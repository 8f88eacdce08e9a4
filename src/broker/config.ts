import { z } from 'zod';
import { appOrigin } from '../contract/app-origin.ts';
import { CodedError } from '../contract/errors.ts';
import { digestSchema } from '../contract/identity.ts';
import { defaultKeyboardLayout, keyboardLayoutSchema } from '../contract/keyboard.ts';
import type { Folders } from './folders.ts';
import { identityProvidersSchema } from './identity/federation-config.ts';
import { listeningNames, type Machine, originAt } from './tls/names.ts';

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

const overcommitSchema = z.strictObject({
  /** What all guests together may come to use at most, in multiples of the host's memory. */
  memory: z.number().min(0.1).max(16).default(2),
  /** Virtual processors of all guests, in multiples of the host's. */
  cpu: z.number().min(1).max(256).default(16),
});

const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'give addresses such as 10.0.0.7, or networks such as 10.0.0.0/8',
});

const originSchema = z
  .url({ protocol: /^https$/, error: 'give an address such as https://broker.example' })
  .refine((text) => new URL(text).origin === text, { error: 'give the origin alone, without "/"' });

const nameSchema = z.union([z.hostname(), z.ipv4(), z.ipv6()], {
  error: 'give names such as broker.example, or addresses such as 10.0.0.7',
});

const tlsSchema = z
  .strictObject({
    /** PEM files of a certificate that was made elsewhere; they are read again when they change. */
    cert: z.string().min(1).optional(),
    key: z.string().min(1).optional(),
    /**
     * Further public keys that terminals may meet in place of the broker's, such as that of a
     * proxy in front: SHA-256 of their SPKI, in base64url.
     */
    anchors: z.array(digestSchema).max(8).default([]),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    path: ['key'],
    error: '"cert" and "key" go together',
  });

/** The configuration file of the broker: JSON, and each field may be left out. */
export const configSchema = z.strictObject({
  host: nameSchema.default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.number().int().min(0).max(65_535).default(7600),
  /** What terminals reach the broker by where it listens; its own certificate is for these. */
  names: z.array(nameSchema).max(64).default([]),
  /** Where terminals reach the broker, when that is not where it listens. */
  publicOrigins: z.array(originSchema).default([]),
  /**
   * Reverse proxies in front of the broker: addresses, or networks such as 10.0.0.0/8. What one
   * of these says in `X-Forwarded-For` is taken for the address of a terminal, against which
   * wrong passwords and codes are counted; without it, all that come through a proxy share its own.
   */
  trustedProxies: z.array(networkSchema).default([]),
  /** Pages that may open streams. */
  streamOrigins: z.array(z.string()).default([appOrigin]),
  dataDir: z.string().min(1).optional(),
  runtimeDir: z.string().min(1).optional(),
  cacheDir: z.string().min(1).optional(),
  tls: tlsSchema.prefault({}),
  identityProviders: identityProvidersSchema.default([]),
  limits: limitsSchema.prefault({}),
  overcommit: overcommitSchema.prefault({}),
  /** Keyboard layout that desktops begin with. */
  keyboard: keyboardLayoutSchema.default(defaultKeyboardLayout),
  /** For how long entries of the audit log are kept; 0 keeps them all. */
  auditDays: z.number().int().nonnegative().max(36_500).default(365),
  /** For how long sessions that are over stay in the list; 0 keeps them all. */
  sessionDays: z.number().int().nonnegative().max(36_500).default(90),
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

/** Where terminals may reach the broker, once its port is known. */
export function originsOf(config: Config, port: number, machine: Machine): ReadonlySet<string> {
  const listening = listeningNames(config, machine).map((name) => originAt(name, port));
  return new Set([...config.publicOrigins, ...listening]);
}
