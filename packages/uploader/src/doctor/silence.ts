/** Why no answer came: as much as the platform tells. */
import { exchange } from '../core/exchange.js';
import { codeOf } from '../core/upload-error.js';
import type { CheckContext } from './check-context.js';
import { fail, type Verdict } from './finding.js';

export interface Place {
  /** `The VOD service`, `The store` */
  readonly name: string;
  /** Where its address comes from, as advice: ``check `endpoint` ``. */
  readonly remedy: string;
}

type Known = (host: string, place: Place, text: string) => readonly [what: string, advice: string];

const unreachable: Known = (host, { remedy }) => [
  `There is no way to ${host} from here`,
  `${remedy}, and look at the network, VPN and firewall of this machine`,
];
const unknownIssuer: Known = (host) => [
  `The certificate of ${host} comes from an issuer that is not trusted here, or its chain is incomplete`,
  'let the server send the intermediate certificates too, or trust the issuer (in Node: NODE_EXTRA_CA_CERTS)',
];
const selfSigned: Known = (host) => [
  `The certificate of ${host} is self-signed`,
  'let the clients trust it (in Node: NODE_EXTRA_CA_CERTS=<certificate file>), or install one of a public authority',
];
const noName: Known = (host, { remedy }) => [`The name ${host} does not resolve`, `${remedy}, or add it to the DNS`];

/** By the code of Node's error. */
const REASONS: Readonly<Record<string, Known>> = {
  ENOTFOUND: noName,
  EAI_AGAIN: (host) => [
    `The name ${host} could not be looked up, because the DNS server does not answer`,
    'check the DNS settings of this machine',
  ],
  ECONNREFUSED: (host, { name, remedy }) => [
    `Nothing listens at ${host}`,
    `${remedy}, its port, and that ${name.replace(/^The/, 'the')} is running`,
  ],
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  CERT_HAS_EXPIRED: (host) => [
    `The certificate of ${host} has expired`,
    'renew it, or set the clock of this device if that is wrong',
  ],
  CERT_NOT_YET_VALID: (host) => [`The certificate of ${host} is not valid yet`, 'set the clock of this device'],
  ERR_TLS_CERT_ALTNAME_INVALID: (host) => [
    `The certificate of ${host} is for another name`,
    `install one that names ${host.replace(/:\d+$/, '')} (buckets need a wildcard), or use the name it was made for`,
  ],
};
/** What a client is told that speaks http to a TLS port, or https to an http port. */
const WRONG_SCHEME = /^(EPROTO|ECONNRESET|EPIPE|HPE_\w+|ERR_SSL_\w+)$/;

/** The verdict on an exchange that got no answer. */
export async function silence<File>(
  context: CheckContext<File>,
  place: Place,
  url: string,
  error: unknown,
): Promise<Verdict> {
  const { host, protocol } = new URL(url);
  const { reach, page, env } = context.pieces;
  if (env.network?.online() === false) {
    return fail('This device has no connection', 'connect it; uploads wait for that by themselves', {
      host,
      code: 'Offline',
    });
  }
  if (codeOf(error) === 'Timeout') {
    const seconds = Math.round(context.line.timeout / 1000);
    return fail(
      `${place.name} at ${host} did not answer within ${seconds} s`,
      `${place.remedy}, and look for a firewall that drops packets`,
      { host, code: 'Timeout' },
    );
  }
  if (reach) {
    if ((await reach(url, context.signal)) === 'forbidden-by-page') {
      return fail(
        `The Content-Security-Policy of this page forbids connections to ${host}`,
        `add ${protocol}//${host} to its connect-src`,
        { host, code: 'ContentSecurityPolicy' },
      );
    }
    const other = page?.secure && protocol === 'https:' ? undefined : await otherScheme(context, url);
    if (other) return wrongScheme(place, url, other);
    const certificate = protocol === 'https:' ? ', its certificate' : '';
    return fail(
      `${place.name} at ${host} does not answer, and a browser does not tell why (its name, its port${certificate})`,
      `open ${protocol}//${host} in a tab or run \`sluice doctor\` to see the reason`,
      { host },
    );
  }
  const { code, text } = innermost(error);
  if (WRONG_SCHEME.test(code)) {
    const other = await otherScheme(context, url);
    if (other) return wrongScheme(place, url, other);
  }
  const detail = { host, code, reason: text };
  const reason = REASONS[code];
  if (!reason) {
    return fail(`No answer came from ${host} (${text || code})`, place.remedy, detail);
  }
  const [what, advice] = reason(host, place, text);
  return fail(what, advice, { ...detail, ...(await certificateOf(context, url, code)) });
}

function wrongScheme(place: Place, url: string, other: string): Verdict {
  const { host, protocol } = new URL(url);
  return fail(`${host} speaks ${other}, not ${protocol.slice(0, -1)}`, `${place.remedy} and write ${other}://${host}`, {
    host,
    code: 'WrongScheme',
    scheme: other,
  });
}

/** The other of http and https, when something speaks it there. */
async function otherScheme<File>(context: CheckContext<File>, url: string): Promise<'http' | 'https' | undefined> {
  const swapped = url.startsWith('https:') ? url.replace('https:', 'http:') : url.replace('http:', 'https:');
  const scheme = swapped.startsWith('https:') ? 'https' : 'http';
  const { reach } = context.pieces;
  if (reach) return (await reach(swapped, context.signal)) === 'answered' ? scheme : undefined;
  try {
    await exchange(context.line, { method: 'GET', url: swapped, headers: [] }, context.signal);
    return scheme;
  } catch (error) {
    // A certificate that is not trusted is one all the same.
    return scheme === 'https' && /CERT|SIGNATURE/.test(innermost(error).code) ? scheme : undefined;
  }
}

/** Code and text of the innermost cause: the wrappers around it say less. */
function innermost(error: unknown): { code: string; text: string } {
  let code = '';
  let text = '';
  for (let at: unknown = error; at instanceof Error; ) {
    if (at.message) text = at.message;
    code = codeOf(at) ?? code;
    // Both families of addresses failed: the first one is the preferred one.
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return { code, text };
}

async function certificateOf<File>({ pieces, signal }: CheckContext<File>, url: string, code: string) {
  if (!pieces.certificate || !/CERT|SIGNATURE/.test(code)) return {};
  const facts = await pieces.certificate(url, signal).catch(() => undefined);
  if (!facts) return {};
  const { validFrom, validTo, issuer, names } = facts;
  return { validFrom: isoOf(validFrom), validTo: isoOf(validTo), issuer, names };
}

const isoOf = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : '');
