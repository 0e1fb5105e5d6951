/** Which pages may ask for tokens, and under which host names. */
import { Refusal } from './answers.js';

export interface OriginPolicy {
  /**
   * Refuses requests of other sites' pages. Returns the headers that let an allowed page read the answer, none for
   * same-origin and non-browser requests.
   *
   * @throws Refusal 403
   */
  admit(request: Request): Readonly<Record<string, string>>;
}

/** @throws TypeError for `*`, which would give every site the tokens of whoever visits it, and for what is no origin */
export function createOriginPolicy(allowedOrigins: readonly string[]): OriginPolicy {
  const allowed = new Set(allowedOrigins.map(originOf));
  return {
    admit: (request) => {
      const origin = request.headers.get('origin');
      if (origin === null) {
        // Scripts, images and links of other sites send no Origin with a GET, but browsers tell with this one.
        const site = request.headers.get('sec-fetch-site');
        if (site === 'cross-site' || site === 'same-site') throw new Refusal('OriginNotAllowed', { vary: 'Origin' });
        return { vary: 'Origin' };
      }
      if (allowed.has(origin.toLowerCase())) {
        return {
          vary: 'Origin',
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'Date, Retry-After',
        };
      }
      if (isSameOrigin(origin, hostOf(request))) return { vary: 'Origin' };
      throw new Refusal('OriginNotAllowed', { vary: 'Origin' });
    },
  };
}

/** As browsers write it: lower case, without the port that goes without saying. */
function originOf(entry: string): string {
  if (entry === '*' || entry === 'null') throw new TypeError('allowedOrigins must name each origin');
  const url = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\]+\/?$/i.test(entry) && URL.canParse(entry) ? new URL(entry) : undefined;
  if (!url) throw new TypeError(`allowedOrigins: "${entry}" is no origin; write it like https://app.example.com`);
  // Of schemes of apps (capacitor://localhost) URL tells no origin.
  return url.origin === 'null' ? entry.replace(/\/$/, '').toLowerCase() : url.origin;
}

/**
 * Guards against DNS rebinding, where an attacker's name points at this server and makes itself same-origin.
 *
 * @param allowedHosts names with or without port; without one any port will do
 * @returns a check that throws Refusal 421
 * @throws TypeError for what is no host: it would match nothing
 */
export function createHostCheck(allowedHosts: readonly string[] | undefined): (request: Request) => void {
  if (allowedHosts === undefined) return () => {};
  const entries = allowedHosts.map(readHost);
  const onAnyPort = new Set(entries.filter(({ port }) => port === undefined).map(({ name }) => name));
  const onOnePort = new Set(
    entries.flatMap(({ name, port }) => (port === undefined ? [] : asClientsWrite(name, port))),
  );
  return (request) => {
    const host = hostOf(request);
    if (!onOnePort.has(host) && !onAnyPort.has(host.replace(/:\d+$/, ''))) throw new Refusal('MisdirectedRequest');
  };
}

interface Host {
  readonly name: string;
  readonly port: string | undefined;
}

function readHost(entry: string): Host {
  // An IPv6 address may come without its brackets, as `listen` takes it.
  const text = URL.canParse(`http://[${entry}]`) ? `[${entry}]` : entry;
  if (!/^[^/?#@*\\\s]+$/.test(text) || !URL.canParse(`http://${text}`)) {
    throw new TypeError(`allowedHosts: "${entry}" is no host; write it like app.example.com or app.example.com:8443`);
  }
  return { name: new URL(`http://${text}`).hostname, port: /:(\d+)$/.exec(text)?.[1] };
}

/** The port that goes without saying is left out by clients, and here the scheme of the page is not known. */
const asClientsWrite = (name: string, port: string): string[] =>
  port === '80' || port === '443' ? [`${name}:${port}`, name] : [`${name}:${port}`];

function hostOf(request: Request): string {
  return (request.headers.get('host') ?? new URL(request.url).host).toLowerCase();
}

/** By host and port: behind a proxy that ends TLS, this server does not know its own scheme. */
function isSameOrigin(origin: string, host: string): boolean {
  try {
    const page = new URL(origin);
    return page.host !== '' && page.host === new URL(`${page.protocol}//${host}`).host;
  } catch {
    return false;
  }
}
