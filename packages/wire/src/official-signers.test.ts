/**
 * The signers of the official clients, called in this process: what they sign is what we sign, and our verifiers
 * accept it.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Acs3Request, parseAcs3Authorization, signAcs3, verifyAcs3 } from './acs3.js';
import { hex, type Pair, parseQuery, utf8 } from './encoding.js';
import { nodeDigests } from './node.js';
import type { OssRequest } from './oss-request.js';
import { parseOssV1Authorization, signOssV1Header, verifyOssV1Header, verifyOssV1Url } from './oss-v1.js';
import { parseOssV4Authorization, verifyOssV4 } from './oss-v4.js';
import { ossV4SigningKey, signOssV4Header } from './oss-v4-sign.js';
import { signRpc, verifyRpc } from './rpc-sha1.js';
import { anyText, bucketName, headerValue, ossHeaders, secretKey, subResources } from './testing/arbitraries.js';

const clients = createRequire(new URL('../../../e2e/package.json', import.meta.url));

type Text = Record<string, string>;
interface AliOssSigner {
  authorization(id: string, secret: string, canonical: string): string;
  buildCanonicalString(method: string, resource: string, request: { headers: Text; parameters: Text }): string;
  authorizationV4(
    id: string,
    secret: string,
    region: string,
    method: string,
    request: { headers: Text; queries: Record<string, string | null> },
    bucket?: string,
    key?: string,
    additional?: string[],
  ): string;
  _signatureForURL(secret: string, options: object, resource: string, expires: number): { Signature: string };
}
interface CoreSigner {
  getAuthorization(request: object, algorithm: string, payload: string, id: string, secret: string): string;
  getRPCSignature(params: Text, method: string, secret: string): string;
}
interface Httpx {
  request(url: string, options: { method?: string; data?: string }): Promise<unknown>;
  read(response: unknown): Promise<string>;
}
type PopClient = new (config: object) => { request(action: string, params: Text, options: object): Promise<unknown> };

const aliOss = clients('ali-oss/lib/common/signUtils.js') as AliOssSigner;
const core = (clients('@alicloud/openapi-core/dist/utils.js') as { default: CoreSigner }).default;
const Pop = (clients('@alicloud/pop-core') as { RPCClient: PopClient }).RPCClient;
const httpx = createRequire(clients.resolve('@alicloud/pop-core'))('httpx') as Httpx;

const REGION = 'cn-hangzhou';
/** Parameter names as the APIs have them. */
const parameterName = fc.stringMatching(/^[A-Z][A-Za-z0-9_]{0,9}(\.[1-9][0-9]?(\.[A-Z][a-z]{1,5})?)?$/);
const params = fc
  .uniqueArray(fc.tuple(parameterName, anyText), { maxLength: 6, selector: ([name]) => name })
  .map((pairs) => Object.fromEntries(pairs));

describe('ali-oss', () => {
  const arbitrary = fc.record({
    secret: secretKey,
    bucket: bucketName,
    key: anyText.filter((key) => key !== ''),
    query: subResources,
    headers: ossHeaders,
  });

  test('V1 in a header', () => {
    fc.assert(
      fc.property(arbitrary, ({ secret, bucket, key, query, headers }) => {
        const dated = { ...headers, 'x-oss-date': 'Wed, 28 Dec 2022 10:27:41 GMT' };
        const canonical = aliOss.buildCanonicalString('put', `/${bucket}/${key}`, {
          headers: dated,
          parameters: Object.fromEntries(query),
        });
        const header = aliOss.authorization('id', secret, canonical);
        const request: OssRequest = { method: 'PUT', bucket, key, query, headers: new Map(Object.entries(dated)) };
        expect(signOssV1Header(nodeDigests, 'id', secret, request)).toBe(header);
        expect(verifyOssV1Header(nodeDigests, secret, request, parseOssV1Authorization(header)?.signature ?? '')).toBe(
          true,
        );
      }),
    );
  });

  test('V1 in a URL', () => {
    fc.assert(
      fc.property(arbitrary, ({ secret, bucket, key, query, headers }) => {
        const options = { ...headers, method: 'GET', subResource: Object.fromEntries(query) };
        const { Signature } = aliOss._signatureForURL(secret, options, `/${bucket}/${key}`, 1_699_807_420);
        const request: OssRequest = { method: 'GET', bucket, key, query, headers: new Map(Object.entries(headers)) };
        expect(verifyOssV1Url(nodeDigests, secret, request, '1699807420', Signature)).toBe(true);
      }),
    );
  });

  const v4 = (secret: string, request: OssRequest, queries: Record<string, string | null>, additional: string[]) =>
    aliOss.authorizationV4(
      'id',
      secret,
      REGION,
      request.method,
      { headers: Object.fromEntries(request.headers), queries },
      request.bucket,
      request.key,
      additional,
    );
  const accepted = (secret: string, request: OssRequest, header: string): boolean => {
    const authorization = parseOssV4Authorization(header);
    if (!authorization) return false;
    const key = ossV4SigningKey(nodeDigests, secret, authorization.scope);
    return verifyOssV4(nodeDigests, key, request, request.headers.get('x-oss-date') ?? '', authorization);
  };

  test('V4 in a header', () => {
    fc.assert(
      fc.property(arbitrary, fc.boolean(), ({ secret, bucket, key, query, headers }, named) => {
        const all = {
          ...headers,
          'x-oss-date': '20231216T162057Z',
          'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
          host: 'h',
        };
        const request: OssRequest = { method: 'PUT', bucket, key, query, headers: new Map(Object.entries(all)) };
        const additional = named ? ['Host'] : [];
        const header = v4(secret, request, Object.fromEntries(query), additional);
        expect(accepted(secret, request, header)).toBe(true);
        if (query.every(([, value]) => value !== '')) {
          expect(signOssV4Header(nodeDigests, 'id', secret, REGION, request, additional)).toBe(header);
        }
      }),
    );
  });

  test('V4 with empty values: bare sub-resources beside name= of ordinary members', () => {
    const headers = new Map([
      ['x-oss-date', '20231216T162057Z'],
      ['x-oss-content-sha256', 'UNSIGNED-PAYLOAD'],
    ]);
    for (const [queries, query] of [
      [{ uploads: null }, 'uploads='],
      [
        { uploads: null, prefix: '', 'upload-id-marker': '', 'max-uploads': '5' },
        'max-uploads=5&prefix=&upload-id-marker=&uploads=',
      ],
      [{ delete: null }, 'delete'],
      [{ prefix: '', marker: '' }, 'prefix=&marker='],
      [{ uploads: '' }, 'uploads='],
    ] as [Record<string, string | null>, string][]) {
      const request: OssRequest = { method: 'GET', bucket: 'b', query: parseQuery(query) ?? [], headers };
      const header = v4('sk', request, queries, []);
      expect(accepted('sk', request, header), query).toBe(true);
      expect(accepted('sk', { ...request, query: [...request.query, ['acl', '']] }, header), query).toBe(false);
    }
  });
});

describe('@alicloud/openapi-core', () => {
  test('RPC signature', () => {
    fc.assert(
      fc.property(secretKey, params, (secret, given) => {
        const signature = core.getRPCSignature(given, 'POST', secret);
        const pairs = Object.entries(given);
        expect(signRpc(nodeDigests, secret, 'POST', pairs)).toBe(signature);
        expect(verifyRpc(nodeDigests, secret, 'POST', pairs, signature)).toBe(true);
      }),
    );
  });

  test('ACS3 authorization', () => {
    fc.assert(
      fc.property(secretKey, params, headerValue, fc.string({ unit: 'binary' }), (secret, query, token, body) => {
        const payload = hex(nodeDigests.sha256(utf8(body)));
        const headers: Text = {
          host: 'sts.example.com',
          'user-agent': 'AlibabaCloud',
          'x-acs-version': '2015-04-01',
          'x-acs-action': 'AssumeRole',
          'x-acs-date': '2026-01-01T00:00:00Z',
          'x-acs-signature-nonce': 'n',
          'x-acs-content-sha256': payload,
          'x-acs-security-token': token,
          'content-type': 'application/x-www-form-urlencoded',
        };
        const sent = { pathname: '/', method: 'POST', query, headers };
        const header = core.getAuthorization(sent, 'ACS3-HMAC-SHA256', payload, 'id', secret);
        const request: Acs3Request = {
          method: 'POST',
          query: Object.entries(query),
          headers: new Map(Object.entries(headers)),
          bodySha256: payload,
        };
        expect(signAcs3(nodeDigests, 'id', secret, request)).toBe(header);
        const authorization = parseAcs3Authorization(header);
        expect(authorization && verifyAcs3(nodeDigests, secret, request, authorization)).toBe(true);
      }),
    );
  });
});

describe('@alicloud/pop-core', () => {
  test.each(['GET', 'POST'])('%s: the parameters that leave the client verify', async (method) => {
    const { request: realRequest, read: realRead } = httpx;
    const sent: string[] = [];
    httpx.request = async (url, options) => {
      sent.push(options.data ?? new URL(url).search.slice(1));
      return { req: { getHeaders: () => ({}) } };
    };
    httpx.read = async () => '{}';
    try {
      await fc.assert(
        fc.asyncProperty(secretKey, params, async (secret, given) => {
          const client = new Pop({
            endpoint: 'http://localhost',
            apiVersion: '2015-04-01',
            accessKeyId: 'id',
            accessKeySecret: secret,
            securityToken: 't/+=',
          });
          await client.request('AssumeRole', given, { method });
          const pairs = parseQuery(sent.pop() ?? '', 'space') ?? [];
          const signature = pairs.find(([name]) => name === 'Signature')?.[1] ?? '';
          expect(verifyRpc(nodeDigests, secret, method, pairs as Pair[], signature)).toBe(true);
        }),
      );
    } finally {
      Object.assign(httpx, { request: realRequest, read: realRead });
    }
  });
});
