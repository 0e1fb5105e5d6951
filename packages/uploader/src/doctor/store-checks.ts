/** The data plane: where VOD sends the files, and whether a part gets there and back. */
import { crc64 } from '@sluice/wire';
import { exchange } from '../core/exchange.js';
import { crcHeader, readListedParts, readUploadId, sameETag } from '../core/oss-answers.js';
import { type OssCall, sendOss } from '../core/oss-send.js';
import { ossUrl } from '../core/oss-target.js';
import { codeOf, UploadError } from '../core/upload-error.js';
import type { Check } from './check.js';
import { type CheckContext, known } from './check-context.js';
import { clockVerdict } from './clock-check.js';
import { readableBy } from './cors.js';
import { fail, ok, skipped, type Verdict, warn } from './finding.js';
import { isLoopbackHost } from './loopback.js';
import { credentialRefused, detailOf, isDenied } from './refusals.js';
import { type Place, silence } from './silence.js';

const STORE: Place = {
  name: 'The store',
  remedy: 'check the address that VOD hands out (Sluice: --oss-domain, --oss-url)',
};
const CONTENT_TYPE = ['content-type', 'video/mp4'] as const;
const PART = '1';
const NO_NAME = /^(ENOTFOUND|EAI_AGAIN)$/;

export const storeChecks: readonly Check[] = [
  {
    id: 'store-address',
    title: 'Address of the store',
    needs: ['grant'],
    run({ facts, options, pieces }) {
      const { endpoint } = known(facts.target);
      const url = new URL(storeUrl(facts));
      const detail = { endpoint, host: url.host };
      const client = options.auth ? pieces.page?.origin : known(facts.endpoint);
      if (isLoopbackHost(url.hostname) && client !== undefined && !isLoopbackHost(new URL(client).hostname)) {
        return fail(
          `VOD sends the files to ${url.host}, which is every client's own machine`,
          'give the store a name that clients can reach (Sluice: --oss-domain, or --oss-url behind a proxy)',
          detail,
        );
      }
      if (/^\d+(\.\d+){3}$/.test(url.hostname) || url.hostname.startsWith('[')) {
        return warn(
          `VOD sends the files to the IP address ${url.host}, before which no bucket can be put and which no wildcard certificate names`,
          'give the store a domain name with a wildcard in the DNS (Sluice: --oss-domain)',
          detail,
        );
      }
      return ok(`VOD sends the files to ${url.host}.`, detail);
    },
  },
  {
    id: 'store-mixed-content',
    title: 'https page, http store',
    needs: ['store-address'],
    run({ facts, pieces }) {
      if (!pieces.page?.secure) return skipped('This is no https page.');
      const { protocol, hostname, host } = new URL(storeUrl(facts));
      if (protocol === 'https:' || isLoopbackHost(hostname)) return ok('Nothing is mixed.');
      return fail(
        `This page came over https, so its browser blocks plain http to the store ${host} (mixed content)`,
        'serve the store over https, and let VOD hand out its https address (Sluice: --tls-cert, or --oss-url)',
        { host },
      );
    },
  },
  {
    id: 'store-reachable',
    title: 'Data plane',
    needs: ['store-address'],
    after: ['store-mixed-content'],
    async run(context) {
      const { facts, line, signal, pieces, origin } = context;
      const url = storeUrl(facts);
      const { host } = new URL(url);
      try {
        facts.storeAnswer = await exchange(
          line,
          { method: 'GET', url, headers: origin ? [['origin', origin]] : [] },
          signal,
        );
        return ok(`${host} answers.`, { host });
      } catch (error) {
        if (codeOf(error) === 'Canceled') throw error;
        if (pieces.reach && (await pieces.reach(url, signal)) === 'answered')
          return ok(`Something answers at ${host}.`);
        return (await withoutWildcard(context, url)) ?? silence(context, STORE, url, error);
      }
    },
  },
  {
    id: 'store-cors',
    title: 'CORS of the store',
    needs: ['store-reachable'],
    run({ facts, pieces, origin }) {
      const { host } = new URL(storeUrl(facts));
      const from = pieces.page?.origin ?? origin;
      if (from === undefined) return skipped('CORS concerns pages only; name the origin of one to have it checked.');
      const allowed = pieces.page ? facts.storeAnswer !== undefined : readableBy(from, known(facts.storeAnswer));
      if (allowed === true) return ok(`Pages of ${from} may read the answers of ${host}.`);
      const instead = typeof allowed === 'string' ? ` is ${allowed}` : ' is missing or names another origin';
      return fail(
        `The store at ${host} answers, but pages of ${from} may not read it: Access-Control-Allow-Origin${instead}`,
        `add ${from} to the CORS rules of the bucket, or let the proxy before the store send the header, once`,
        { host, origin: from },
      );
    },
  },
  {
    id: 'store-service',
    title: 'Object store',
    needs: ['store-reachable'],
    after: ['store-cors'],
    run({ facts, secrets }) {
      const answer = facts.storeAnswer;
      if (!answer) return skipped('Its answer cannot be read.');
      const { host } = new URL(storeUrl(facts));
      if (answer.header('x-oss-request-id') !== undefined || /<Error>.*<Code>/s.test(answer.body)) {
        return ok(`${host} is an object store.`, { host });
      }
      const location = secrets.cleanForeign((answer.header('location') ?? '').replace(/[?#].*$/, ''));
      return fail(
        `${host} is no object store: it answered HTTP ${answer.status}${location ? ` to ${location}` : ''}`,
        STORE.remedy,
        { host, status: answer.status, ...(location ? { location } : {}) },
      );
    },
  },
  {
    id: 'store-clock',
    title: 'Clock and store',
    needs: ['store-service'],
    run: (context) => clockVerdict(context, context.facts.storeAnswer, 'the store'),
  },
  {
    id: 'store-initiate',
    title: 'Begin an upload',
    needs: ['store-service'],
    after: ['store-cors', 'store-preflight'],
    async run(context) {
      const call: OssCall = { method: 'POST', query: [['uploads', '']], headers: [CONTENT_TYPE] };
      return storeCall(context, call, 'begin a multipart upload', 'oss:PutObject', (answer) => {
        context.facts.uploadId = readUploadId(context.line.env.readXml, answer);
        return ok('The store begins a multipart upload.');
      });
    },
  },
  {
    id: 'store-part',
    title: 'Send a part',
    needs: ['store-initiate'],
    async run(context) {
      const { facts, partSize } = context;
      const body = new Uint8Array(partSize);
      const query = [['partNumber', PART] as const, ['uploadId', known(facts.uploadId)] as const];
      return storeCall(context, { method: 'PUT', query, body }, 'send a part', 'oss:PutObject', (answer) => {
        facts.partAnswer = answer;
        const crc = crcHeader(answer);
        if (crc !== undefined && crc !== crc64(body)) {
          return fail(
            'The store received other bytes than were sent',
            'look for a proxy, virus scanner or firewall on the way that changes bodies',
            { bytes: partSize },
          );
        }
        return ok(`The store takes a part of ${partSize} bytes.`, { bytes: partSize });
      });
    },
  },
  {
    id: 'store-list',
    title: 'List the parts (resume)',
    needs: ['store-part'],
    async run(context) {
      const { facts, line } = context;
      const query = [['uploadId', known(facts.uploadId)] as const];
      const verdict = await storeCall(
        context,
        { method: 'GET', query },
        'list the parts, so no upload can be resumed',
        'oss:ListParts',
        (answer) => {
          const { parts } = readListedParts(line.env.readXml, answer);
          const etag = facts.partAnswer?.header('etag');
          if (parts.length === 1 && (etag === undefined || sameETag(parts[0]?.etag ?? '', etag))) {
            return ok('The store lists the part: an upload can be resumed.');
          }
          return fail(
            'The store does not list the part that it took, so no upload can be resumed',
            'look for a cache before the store, and let it pass GET requests with ?uploadId',
            { parts: parts.length },
          );
        },
      );
      return verdict;
    },
  },
  {
    id: 'store-abort',
    title: 'Take the upload back',
    needs: ['store-initiate'],
    async run(context) {
      const { facts } = context;
      const query = [['uploadId', known(facts.uploadId)] as const];
      const verdict = await storeCall(
        context,
        { method: 'DELETE', query },
        'take an upload back',
        'oss:AbortMultipartUpload',
        () => ok('The store takes an unfinished upload back.'),
      );
      if (verdict.status === 'ok') delete facts.uploadId;
      return verdict.status === 'fail' ? { ...verdict, status: 'warn' } : verdict;
    },
  },
];

const storeUrl = ({ target, settings }: CheckContext<unknown>['facts']): string =>
  ossUrl(known(target), [], known(settings).cname);

/** Whether only the name with the bucket before it is missing from the DNS, or from the certificate. */
async function withoutWildcard<File>({ facts, line, pieces, signal }: CheckContext<File>, url: string) {
  const { bucket, endpoint } = known(facts.target);
  const { hostname, protocol, port, host } = new URL(url);
  if (!hostname.startsWith(`${bucket.toLowerCase()}.`)) return undefined;
  const domain = hostname.slice(bucket.length + 1);
  const bare = `${protocol}//${domain}${port === '' ? '' : `:${port}`}/`;
  const detail = { host, domain, endpoint };
  if (pieces.reach) {
    if ((await pieces.reach(bare, signal)) !== 'answered') return undefined;
    const certificate = protocol === 'https:' ? `, and that its certificate names *.${domain}` : '';
    return fail(
      `${domain} answers, but ${hostname} does not`,
      `check that *.${domain} is in the DNS${certificate}`,
      detail,
    );
  }
  const why = async (at: string): Promise<string> => {
    try {
      await exchange(line, { method: 'GET', url: at, headers: [] }, signal);
      return '';
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      return codeOf(cause) ?? codeOf(error) ?? '';
    }
  };
  const [withBucket, alone] = [await why(url), await why(bare)];
  if (NO_NAME.test(withBucket) && !NO_NAME.test(alone)) {
    return fail(
      `The name ${hostname} does not resolve, although ${domain} does`,
      `add the wildcard *.${domain} to the DNS`,
      { ...detail, code: withBucket },
    );
  }
  if (withBucket === 'ERR_TLS_CERT_ALTNAME_INVALID' && alone === '') {
    return fail(
      `The certificate of ${domain} does not name its buckets (${hostname})`,
      `install one that names *.${domain} too`,
      { ...detail, code: withBucket },
    );
  }
  return undefined;
}

/** @param purpose `send a part` @param action what the policy has to allow */
async function storeCall<File>(
  context: CheckContext<File>,
  call: OssCall,
  purpose: string,
  action: string,
  judge: (answer: Awaited<ReturnType<typeof sendOss>>) => Verdict,
): Promise<Verdict> {
  const { facts, line, signal, options, origin } = context;
  // As a page would be answered.
  const headers = [...(call.headers ?? []), ...(origin === undefined ? [] : [['origin', origin] as const])];
  try {
    return judge(
      await sendOss(line, known(facts.settings), known(facts.target), known(facts.auth), { ...call, headers }, signal),
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === 'Canceled' || !(error instanceof UploadError)) throw error;
    const detail = detailOf(error);
    const grantor = options.auth ? 'auth()' : 'VOD';
    const refused = credentialRefused(error, 'The store', 'The UploadAuth', grantor);
    if (refused) return refused;
    if (error.status === 413 || code === 'EntityTooLarge') {
      return fail(
        `The store, or a proxy before it, refuses bodies as long as a part (HTTP ${error.status ?? 413})`,
        'raise the limit of the proxy (nginx: client_max_body_size 0) or choose a smaller partSize',
        { ...detail, bytes: context.partSize },
      );
    }
    if (isDenied(error)) {
      return fail(
        `The UploadAuth may not ${purpose} (${code})`,
        `allow ${action} where the UploadAuth is made, and look for rules of a firewall or proxy that refuse ${call.method}`,
        { ...detail, action },
      );
    }
    if (error.status === undefined && code !== 'MalformedAnswer') {
      return fail(
        `The store did not answer the request to ${purpose} (${code})`,
        'look for a proxy or firewall before the store that cuts such requests off',
        { ...detail, method: call.method },
      );
    }
    return fail(
      `The store did not ${purpose} (${code}${error.status === undefined ? '' : `, HTTP ${error.status}`})`,
      code === 'MalformedAnswer'
        ? 'look for a proxy before the store that answers in its place'
        : 'look into the log of the store, and of the proxy before it',
      { ...detail, method: call.method },
    );
  }
}
