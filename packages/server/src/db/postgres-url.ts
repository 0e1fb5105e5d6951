const PARAMETERS = new Set(['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'application_name']);
const SSL_MODES = new Set(['disable', 'require', 'verify-ca', 'verify-full']);

/**
 * What is wrong with a `postgres://` URL; `undefined` when nothing is. It names no part of the URL that could be a
 * password.
 */
export function postgresUrlProblem(text: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(text)) return 'expected "sqlite" or postgres://user:password@host:port/database';
  if (!URL.canParse(text)) {
    return 'it is not a URL; letters of the password such as / ? # [ ] @ and % are written as percent escapes';
  }
  const { pathname, searchParams, hash } = new URL(text);
  if (hash !== '') return 'it has a "#"; in a password that is written as %23';
  if (!/^\/[^/]+$/.test(pathname)) return 'it names no database: postgres://user:password@host:port/database';
  for (const name of searchParams.keys()) {
    if (!PARAMETERS.has(name)) return `it has a parameter that is not known; known are ${[...PARAMETERS].join(', ')}`;
  }
  const mode = searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.has(mode)) return `sslmode is one of ${[...SSL_MODES].join(', ')}`;
  if (mode === 'verify-ca' && !searchParams.has('sslrootcert')) return 'sslmode=verify-ca needs sslrootcert';
  return undefined;
}

/** Where a database is, for messages: no user, no password. */
export function postgresTitle(text: string): string {
  const { hostname, port, pathname, searchParams } = new URL(text);
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname);
  return `PostgreSQL database ${decodeURIComponent(pathname.slice(1))} at ${host}${port === '' ? '' : `:${port}`}`;
}

/** With the meaning that PostgreSQL's own clients give `sslmode`; the driver's differs and warns. */
export function driverUrl(text: string): string {
  const url = new URL(text);
  if (url.searchParams.has('sslmode')) url.searchParams.set('uselibpqcompat', 'true');
  return url.href;
}
