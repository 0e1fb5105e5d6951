import { z } from 'zod';
import { postgresUrlProblem } from './db/postgres-url.js';
import { type AllowedDestination, parseAllowedDestination } from './http/address-rules.js';
import { noProxies, parseTrustedProxies, type TrustedProxies } from './http/client-address.js';

/** `host:port`, `[::1]:port`; port 0 picks a free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** @returns `undefined` when it is not `host:port` */
export function parseAddress(text: string): Address | undefined {
  const m = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text);
  const port = Number(m?.[3]);
  return m && port <= 65_535 ? { host: (m[1] ?? m[2]) as string, port } : undefined;
}

const address = z.string().transform((text, context): Address => {
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: `expected host:port, got "${text}"` });
  return z.NEVER;
});

const allowedDestinations = z.string().transform((text, context): readonly AllowedDestination[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const destination = parseAllowedDestination(one);
      if (destination) return destination;
      context.addIssue({ code: 'custom', message: `expected a host, address or network, got "${one}"` });
      return z.NEVER;
    }),
);
const trustedProxies = z.string().transform((text, context): TrustedProxies => {
  const given = text.split(',').map((one) => one.trim());
  const proxies = parseTrustedProxies(given.filter((one) => one !== ''));
  if (proxies) return proxies;
  context.addIssue({ code: 'custom', message: `expected addresses or networks, comma-separated, got "${text}"` });
  return z.NEVER;
});
/** Its own text is kept out of the message: it may hold a password. */
const databaseUrl = z.string().superRefine((text, context) => {
  const problem = text === 'sqlite' ? undefined : postgresUrlProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/**
 * A number, or a text of one. Nothing else: `auditDays: true` is no day, and a name in a file with nothing behind it is not
 * zero, which turns off what it is about.
 */
const number = (min: number, max: number) => numberThat(Number.isFinite, 'a number', min, max);
const wholeNumber = (min: number, max: number) => numberThat(Number.isInteger, 'a whole number', min, max);
const numberThat = (fits: (value: unknown) => boolean, kind: string, min: number, max: number) =>
  z.unknown().transform((given, context): number => {
    const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
    if (typeof value === 'number' && fits(value) && value >= min && value <= max) return value;
    context.addIssue({
      code: 'custom',
      message: `expected ${kind} from ${min} to ${max}, got ${JSON.stringify(given)}`,
    });
    return z.NEVER;
  });
const perSecond = wholeNumber(1, 1_000_000);
const onOff = z.union([z.stringbool(), z.boolean()], 'expected on or off');
const httpUrl = z.url({
  protocol: /^https?$/,
  abort: true,
  error: 'expected a URL that begins with http:// or https://',
});

/** No path, query or user: buckets are put before the host and keys after it. */
const isOrigin = (text: string): boolean => {
  const { origin, href } = new URL(text);
  return href === `${origin}/`;
};
const httpOrigin = httpUrl
  .refine(isOrigin, { message: 'expected scheme, host and port only', abort: true })
  .transform((text) => new URL(text).origin);

const namesNobody = (url: string): boolean => {
  const { username, password } = new URL(url);
  return username === '' && password === '';
};

/**
 * Every setting of a server, with its default. The same names stand in the configuration file; on the command line they
 * are `--kebab-case`, in the environment `SLUICE_SNAKE_CASE`.
 */
export const configShape = z
  .strictObject({
    /** Directory of the objects, the keys, and the database unless it is PostgreSQL. */
    data: z.string().min(1).default('.sluice'),
    /** `sqlite` (a file in the data directory), or the URL of a PostgreSQL database of its own. */
    database: databaseUrl.default('sqlite'),
    /** Schema of the tables in PostgreSQL. */
    databaseSchema: z
      .string()
      .regex(/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/, 'expected a lower-case name: a-z 0-9 _')
      .default('public'),
    /** Connections to PostgreSQL at a time; one more is held for as long as the server runs. */
    databaseConnections: wholeNumber(1, 200).default(10),
    /** Longest time of a statement in PostgreSQL, seconds. */
    databaseTimeout: wholeNumber(1, 3600).default(30),
    /** Control plane: RAM, STS, VOD, AppServer, pages. */
    api: address.prefault('127.0.0.1:8400'),
    /** Data plane: OSS. Another origin on purpose. */
    oss: address.prefault('127.0.0.1:8401'),
    /** Buckets are `<bucket>.<ossDomain>`. Names under `.localhost` are loopback (RFC 6761). */
    ossDomain: z
      .string()
      .regex(
        // A name, not an address: clients put the bucket before it (reference vod 1.10).
        /^(?!.*(?:^|\.)\d+$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
        'expected a lower-case domain name, without scheme and port, and no address: clients put the bucket before it',
      )
      .default('oss.localhost'),
    /** Public URL of the data plane when a proxy stands before it; else made of the domain and the port. */
    ossUrl: httpOrigin.optional(),
    tlsSelfSigned: onOff.default(false),
    tlsCert: z.string().optional(),
    tlsKey: z.string().optional(),
    region: z
      .string()
      .regex(/^[a-z0-9-]{2,32}$/, 'expected the name of a region, like cn-shanghai')
      .default('cn-shanghai'),
    /** Shortest AssumeRole session, seconds. Lower it to test expiry. */
    stsMinDuration: wholeNumber(1, 3600).default(900),
    /** Life of an UploadAuth, seconds. */
    uploadAuthSeconds: wholeNumber(1, 43_200).default(3000),
    /** FindContent and CreateVideoFromContent: contents the account has are not sent again. */
    instantUpload: onOff.default(true),
    /** Calls of AssumeRole and AssumeRoleWithOIDC a second and account, each by itself. */
    stsPerSecond: perSecond.default(100),
    /** The same for one caller; as many as its account may make unless it is given. */
    stsPrincipalPerSecond: perSecond.optional(),
    /** Calls without a signature a second and address of the control plane. Of IPv6 addresses 64 bits are one. */
    unsignedPerSecond: perSecond.default(100),
    /** Addresses and networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, comma-separated. */
    trustedProxies: trustedProxies.default(noProxies),
    /**
     * OIDC providers that are not on public addresses: host names, addresses or networks, each with a port or without,
     * comma-separated.
     */
    oidcProviderAllow: allowedDestinations.default([]),
    /**
     * Life of the tokens that the built-in AppServer hands out, seconds; 3600 unless `stsMinDuration` is lowered, which
     * is done to watch tokens expire: then that one. At most the 3600 of the role that is assumed.
     */
    tokenSeconds: wholeNumber(1, 3600).optional(),
    /** Bearer key that callers of the built-in AppServer must show; needed when the API is not on loopback. */
    appKey: z
      .string()
      // What a header can carry; blanks at its ends would be lost on the way.
      .regex(/^[\x21-\x7e]{16,256}$/, 'expected 16 to 256 letters, digits and signs of ASCII, without blanks')
      .optional(),
    /** Where events are sent. */
    callbackUrl: httpUrl
      .refine((url) => Buffer.byteLength(url) <= 256, 'at most 256 bytes')
      .refine(namesNobody, 'no user name and password: what is sent is signed with callbackAuthKey')
      .optional(),
    callbackAuthKey: z.string().min(1).max(32).optional(),
    /**
     * Destinations of upload callbacks that are not public: host names, addresses or networks, each with a port or without,
     * comma-separated.
     */
    uploadCallbackAllow: allowedDestinations.default([]),
    /** The background scrub reads at most so many MB (of 1 000 000 bytes) a second; 0 turns it off. */
    scrubRate: number(0, 100_000).default(8),
    /** From the beginning of one background scrub to that of the next, days. */
    scrubDays: number(0.001, 365).default(7),
    /** Seconds from one pass of the lifecycle rules of buckets to the next. */
    lifecycleSeconds: wholeNumber(1, 86_400).default(3600),
    /**
     * Multipart uploads to which nothing was sent for so many days are given up, unless a lifecycle rule of the bucket is
     * about them. 0: never.
     */
    abandonedUploadDays: wholeNumber(0, 3650).default(30),
    /** Where the bytes of objects lie: in files of the data directory, or in a bucket of an S3-compatible store. */
    storage: z.enum(['disk', 's3']).default('disk'),
    /** `http://host:port` of the store; AWS's own when it is not given. */
    s3Endpoint: httpOrigin.optional(),
    s3Bucket: z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]$/, 'expected the name of a bucket')
      .optional(),
    s3Region: z
      .string()
      .regex(/^[a-zA-Z0-9-]{1,64}$/, 'expected the name of a region, like us-east-1')
      .default('us-east-1'),
    /** What the names of all our objects begin with. */
    s3Prefix: z
      .string()
      .max(256)
      .regex(
        /^([a-zA-Z0-9._=-]+\/)*$/,
        'expected folders of letters, digits, ".", "_", "=" and "-", each followed by "/"',
      )
      .refine(
        (prefix) => !prefix.split('/').some((name) => name === '.' || name === '..'),
        'no "." or ".." as a folder',
      )
      .default('sluice/'),
    /** Without keys the SDK looks for them where AWS's tools do. */
    s3AccessKeyId: z.string().min(1).max(256).optional(),
    s3SecretAccessKey: z.string().min(1).max(1024).optional(),
    /** A file with the secret, in place of `s3SecretAccessKey`. */
    s3SecretAccessKeyFile: z.string().min(1).optional(),
    /** The bucket in the path instead of the host name. Default: when an endpoint is given. */
    s3PathStyle: onOff.optional(),
    /** Connections to the store at a time. */
    s3Connections: wholeNumber(4, 10_000).default(256),
    /** Records of the audit trail are kept so many days. 0: for ever. */
    auditDays: wholeNumber(0, 36_500).default(0),
    /** Whether the audit trail also holds what is read from the data plane without being refused. */
    auditReads: onOff.default(false),
    logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .refine((c) => (c.tlsCert === undefined) === (c.tlsKey === undefined), {
    message: 'tlsCert and tlsKey go together',
    path: ['tlsCert'],
  })
  .refine((c) => !(c.tlsSelfSigned && c.tlsCert !== undefined), {
    message: 'choose tlsSelfSigned or tlsCert, not both',
    path: ['tlsSelfSigned'],
  })
  .refine((c) => c.storage === 'disk' || c.s3Bucket !== undefined, {
    message: 'storage "s3" needs the name of a bucket',
    path: ['s3Bucket'],
  })
  .refine((c) => c.s3SecretAccessKey === undefined || c.s3SecretAccessKeyFile === undefined, {
    message: 'choose s3SecretAccessKey or s3SecretAccessKeyFile, not both',
    path: ['s3SecretAccessKeyFile'],
  })
  .refine((c) => (c.s3AccessKeyId === undefined) === ((c.s3SecretAccessKey ?? c.s3SecretAccessKeyFile) === undefined), {
    message: 's3AccessKeyId and its secret go together',
    path: ['s3AccessKeyId'],
  });

/** Every setting, with its value. */
export type ServerConfig = z.output<typeof configShape>;
/** Name of a setting. */
export type ConfigName = keyof ServerConfig;

/** A setting is not usable; the message names it. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
}

/** Fills in defaults. @throws {ConfigInvalid} */
export function parseConfig(given: Readonly<Record<string, unknown>>): ServerConfig {
  const result = configShape.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys') throw new ConfigInvalid(unknownSetting(issue.keys));
  const text = issue?.code === 'invalid_type' && issue.expected === 'string';
  throw new ConfigInvalid(
    `setting ${issue?.path.join('.')}: ${text ? 'expected a text; in a file, in quotes' : issue?.message}`,
  );
}

/** As an option, a variable or a name of another spelling shows which one was meant. */
function unknownSetting(given: readonly string[]): string {
  const plain = (name: string): string => name.replace(/^SLUICE_|[-_]/g, '').toLowerCase();
  const known = Object.keys(configShape.shape);
  const meant = given.map((name) => known.find((setting) => plain(setting) === plain(name))).find(Boolean);
  return `unknown setting ${given.join(', ')}${meant ? `; it is written ${meant}` : ''}`;
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    host === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}
