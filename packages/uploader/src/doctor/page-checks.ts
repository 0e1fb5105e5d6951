/** What pages need of the store beside a plain answer: a preflight that lets our headers pass, and headers they may read. */
import { exchange } from '../core/exchange.js';
import { ossUrl } from '../core/oss-target.js';
import { codeOf } from '../core/upload-error.js';
import type { HttpResponse } from '../ports.js';
import type { Check } from './check.js';
import { type CheckContext, known } from './check-context.js';
import { exposes, notAllowed, readableBy } from './cors.js';
import { fail, ok, type Verdict, warn } from './finding.js';

/** Those of an upload that make a preflight; POST and GET never need to be allowed (Fetch standard, safelisted methods). */
const METHODS = ['PUT', 'DELETE'] as const;
const HEADERS = [
  'authorization',
  'content-type',
  'x-oss-content-sha256',
  'x-oss-date',
  'x-oss-security-token',
] as const;

export const preflightCheck: Check = {
  id: 'store-preflight',
  title: 'Preflight of the store',
  needs: ['store-cors'],
  async run(context) {
    const { pieces, facts } = context;
    const settings = known(facts.settings);
    const headers = HEADERS.filter((name) => name !== 'x-oss-content-sha256' || settings.signatureVersion === 'v4');
    const missing = await (pieces.page ? refusedByBrowser : refusedByHand)(context, headers);
    if (typeof missing !== 'string' && missing.methods.length + missing.headers.length === 0) {
      return ok('Preflights let the methods and headers of an upload pass.');
    }
    const { host } = new URL(storeUrl(context));
    if (typeof missing === 'string') {
      return fail(
        `The store at ${host} refuses preflights (${missing})`,
        'let the CORS rules of the bucket, or the proxy before it, answer OPTIONS with 2xx',
        { host },
      );
    }
    const names = [...missing.methods, ...missing.headers].join(', ');
    const where = [
      ...(missing.methods.length > 0 ? ['AllowedMethod (Access-Control-Allow-Methods)'] : []),
      ...(missing.headers.length > 0 ? ['AllowedHeader (Access-Control-Allow-Headers)'] : []),
    ].join(' and ');
    return fail(
      `Preflights of the store at ${host} do not allow ${names}`,
      `add ${names} to ${where} of its CORS rules`,
      {
        host,
        methods: missing.methods.join(', '),
        headers: missing.headers.join(', '),
      },
    );
  },
};

interface Refused {
  readonly methods: readonly string[];
  readonly headers: readonly string[];
}

/** Reads the answer to an OPTIONS of our own; a text when it was no usable answer at all. */
async function refusedByHand<File>(
  { line, signal, origin, ...context }: CheckContext<File>,
  wanted: readonly string[],
): Promise<Refused | string> {
  const url = storeUrl(context);
  const from = known(origin);
  const methods: string[] = [];
  let headers: string[] = [];
  for (const method of METHODS) {
    const asked: [string, string][] = [
      ['origin', from],
      ['access-control-request-method', method],
      ['access-control-request-headers', wanted.join(',')],
    ];
    const answer = await exchange(line, { method: 'OPTIONS', url, headers: asked }, signal);
    if (answer.status < 200 || answer.status > 299) return `HTTP ${answer.status}`;
    const readable = readableBy(from, answer);
    if (readable !== true) return `Access-Control-Allow-Origin is ${readable}`;
    methods.push(...notAllowed(answer.header('access-control-allow-methods'), [method]));
    headers = notAllowed(answer.header('access-control-allow-headers'), wanted);
  }
  return { methods, headers };
}

/**
 * A browser does not tell which method or header a preflight refused: they are tried one by one, with requests that
 * carry no valid signature and name no upload, so that they can do nothing.
 */
async function refusedByBrowser<File>(
  context: CheckContext<File>,
  wanted: readonly string[],
): Promise<Refused | string> {
  const { line, signal } = context;
  const query = [['uploadId', 'sluice-doctor'] as const];
  const passes = async (method: string, names: readonly string[]): Promise<boolean> => {
    const { target, settings } = context.facts;
    const url = ossUrl(
      known(target),
      method === 'PUT' ? [['partNumber', '1'], ...query] : query,
      known(settings).cname,
    );
    const headers = names.map((name) => [name, name === 'content-type' ? 'video/mp4' : 'sluice-doctor'] as const);
    try {
      await exchange(line, { method, url, headers }, signal);
      return true;
    } catch (error) {
      if (codeOf(error) === 'Canceled') throw error;
      return false;
    }
  };
  const whole = await Promise.all(METHODS.map((method) => passes(method, wanted)));
  if (!whole.includes(false)) return { methods: [], headers: [] };
  const refused = async (names: readonly string[], passed: (name: string) => Promise<boolean>): Promise<string[]> => {
    const verdicts = await Promise.all(names.map(passed));
    return names.filter((_name, i) => !verdicts[i]);
  };
  const methods = await refused(METHODS, (method) => passes(method, []));
  const headers = await refused(wanted, (name) => passes('GET', [name]));
  if (methods.length === METHODS.length && headers.length === wanted.length) return 'every one of them';
  return methods.length + headers.length === 0 ? 'those with all headers of an upload' : { methods, headers };
}

const storeUrl = ({ facts }: Pick<CheckContext<unknown>, 'facts'>): string =>
  ossUrl(known(facts.target), [], known(facts.settings).cname);

export const exposureChecks: readonly Check[] = [
  exposure('expose-etag', 'ETag', fail, 'so no upload can be completed'),
  exposure('expose-crc64', 'x-oss-hash-crc64ecma', warn, 'so bytes that change on the way are not noticed'),
  exposure('expose-request-id', 'x-oss-request-id', warn, 'so errors cannot be found in the log of the store'),
];

function exposure(
  id: 'expose-etag' | 'expose-crc64' | 'expose-request-id',
  header: string,
  verdict: typeof fail,
  consequence: string,
): Check {
  return {
    id,
    title: header,
    needs: ['store-part'],
    run: ({ facts, pieces, origin }) =>
      exposureVerdict(known(facts.partAnswer), header, verdict, consequence, pieces.page !== undefined, origin),
  };
}

function exposureVerdict(
  answer: HttpResponse,
  header: string,
  verdict: typeof fail,
  consequence: string,
  inPage: boolean,
  origin: string | undefined,
): Verdict {
  const detail = { header };
  if (answer.header(header.toLowerCase()) === undefined && !inPage) {
    return verdict(
      `The store answers a part without ${header}, ${consequence}`,
      'look for a proxy before the store that removes headers',
      detail,
    );
  }
  if (answer.header(header.toLowerCase()) !== undefined && (origin === undefined || exposes(answer, header))) {
    return inPage || origin !== undefined
      ? ok(`Pages may read ${header}.`)
      : ok(`The store answers a part with ${header}.`);
  }
  return verdict(
    `Pages may not read ${header} of the store's answers, ${consequence}`,
    `add ${header} to ExposeHeader (Access-Control-Expose-Headers) of its CORS rules`,
    detail,
  );
}
