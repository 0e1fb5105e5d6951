/**
 * A small VOD and OSS, enough for one bucket: it verifies every signature with the wire's own verify functions, keeps
 * objects in memory and remembers what it was asked.
 */
import { createHash } from 'node:crypto';
import {
  crc64,
  encodeUploadAddress,
  encodeUploadAuth,
  formatHttpDate,
  formatIso,
  formatIsoMillis,
  type OssRequest,
  ossErrorXml,
  ossV4SigningKey,
  type Pair,
  parseOssV1Authorization,
  parseOssV4Authorization,
  parseQuery,
  verifyOssV1Header,
  verifyOssV4,
  verifyRpc,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';

export interface CloudRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface CloudAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface CloudCall {
  /** `CreateUploadVideo`, `UploadPart`, `Complete` … */
  readonly operation: string;
  readonly part?: number | undefined;
  readonly uploadId?: string | undefined;
  readonly key?: string | undefined;
  readonly params: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly at: number;
  status: number;
  code: string | undefined;
}

interface StoredPart {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly crc: bigint;
}

interface Key {
  readonly secret: string;
  readonly token: string;
  readonly expiresAt: number;
  /** Object key this credential is scoped to; absent for STS tokens. */
  readonly scope?: string;
}

export interface MiniCloudOptions {
  /** Server time, milliseconds. */
  readonly now: () => number;
  readonly ossEndpoint: string;
  /** Milliseconds. */
  tokenLife?: number;
  authLife?: number;
  pageSize?: number;
}

const BUCKET = 'media';
const MAX_SKEW = 15 * 60_000;

export class MiniCloud {
  readonly options: MiniCloudOptions;
  readonly calls: CloudCall[] = [];
  readonly objects = new Map<string, { body: Uint8Array; headers: ReadonlyMap<string, string> }>();
  readonly uploads = new Map<string, { key: string; parts: Map<number, StoredPart> }>();
  readonly media = new Map<string, { key: string; name: string; params?: ReadonlyMap<string, string> }>();
  /** Whether it knows the calls that only Sluice has. */
  extensions = false;
  /** Answers in place of the service; `undefined` lets it do its work. */
  intercept: (call: CloudCall) => CloudAnswer | undefined = () => undefined;
  /** Changes bytes on their way in. */
  corrupt: (call: CloudCall, body: Uint8Array) => Uint8Array = (_, body) => body;
  listCrc = true;
  readonly #keys = new Map<string, Key>();
  #counter = 0;

  constructor(options: MiniCloudOptions) {
    this.options = options;
  }

  /** What an application's back end hands out. */
  issueToken(): { accessKeyId: string; accessKeySecret: string; securityToken: string; expiration: string } {
    const id = `STS.${++this.#counter}`;
    const expiresAt = this.options.now() + (this.options.tokenLife ?? 3_600_000);
    const key = { secret: `secret-${id}`, token: `token-${id}`, expiresAt };
    this.#keys.set(id, key);
    return {
      accessKeyId: id,
      accessKeySecret: key.secret,
      securityToken: key.token,
      expiration: formatIsoMillis(expiresAt),
    };
  }

  revokeAll(): void {
    for (const [id, key] of this.#keys) this.#keys.set(id, { ...key, expiresAt: 0 });
  }

  /** Successful calls of one operation. */
  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation && call.status < 300).length;
  }

  /** How often each part was acknowledged, by upload id and number. */
  acknowledged(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { operation, status, uploadId, part } of this.calls) {
      if (operation !== 'UploadPart' || status !== 200) continue;
      const name = `${uploadId}/${part}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /** The answer of CreateUploadVideo as a back end would get it. */
  grant(kind: 'video' | 'image', name: string): Record<string, string> {
    const id = `${kind}${++this.#counter}`;
    const extension = /\.[^.]*$/.exec(name)?.[0] ?? '';
    this.media.set(id, { key: `sv/${id}${extension}`, name });
    return kind === 'video' ? this.refresh(id) : { ...this.#grantOf(id), ImageId: id };
  }

  refresh(id: string): Record<string, string> {
    return { ...this.#grantOf(id), VideoId: id };
  }

  handle(request: CloudRequest): CloudAnswer {
    const isStore = request.url.hostname.startsWith(`${BUCKET}.`) || request.url.pathname.startsWith(`/${BUCKET}/`);
    const answer = isStore ? this.#store(request) : this.#vod(request);
    const headers = { date: formatHttpDate(this.options.now()), 'x-oss-request-id': 'REQUEST', ...answer.headers };
    return { ...answer, headers };
  }

  #grantOf(id: string): Record<string, string> {
    const media = this.media.get(id);
    if (!media) throw new Error(`no media ${id}`);
    const life = this.options.authLife ?? 3_000_000;
    const keyId = `STS.${++this.#counter}`;
    const expiresAt = this.options.now() + life;
    const key: Key = { secret: `secret-${keyId}`, token: `token-${keyId}`, expiresAt, scope: media.key };
    this.#keys.set(keyId, key);
    return {
      RequestId: 'REQUEST',
      UploadAddress: encodeUploadAddress({
        Endpoint: this.options.ossEndpoint,
        Bucket: BUCKET,
        FileName: media.key,
      }),
      UploadAuth: encodeUploadAuth({
        AccessKeyId: keyId,
        AccessKeySecret: key.secret,
        SecurityToken: key.token,
        Expiration: String(life / 1000),
        ExpireUTCTime: formatIso(expiresAt),
        Region: 'cn-shanghai',
      }),
    };
  }

  #record(call: Omit<CloudCall, 'at' | 'status' | 'code'>): CloudCall {
    const recorded = { ...call, at: this.options.now(), status: 0, code: undefined };
    this.calls.push(recorded);
    return recorded;
  }

  #vod(request: CloudRequest): CloudAnswer {
    const form = parseQuery(new TextDecoder().decode(request.body), 'space') ?? [];
    const params = new Map(form);
    const call = this.#record({ operation: params.get('Action') ?? '', params, headers: request.headers });
    const answer = this.intercept(call) ?? this.#vodAnswer(request, form, params);
    call.status = answer.status;
    call.code = /"Code":"([^"]*)/.exec(answer.body)?.[1];
    return answer;
  }

  #vodAnswer(request: CloudRequest, form: readonly Pair[], params: ReadonlyMap<string, string>): CloudAnswer {
    const key = this.#keys.get(params.get('AccessKeyId') ?? '');
    const time = Date.parse(params.get('Timestamp') ?? '');
    if (!key || key.scope !== undefined) return rpcError(404, 'InvalidAccessKeyId.NotFound');
    if (!verifyRpc(nodeDigests, key.secret, request.method, form, params.get('Signature') ?? '')) {
      return rpcError(400, 'SignatureDoesNotMatch');
    }
    if (Math.abs(time - this.options.now()) > MAX_SKEW) return rpcError(400, 'InvalidTimeStamp.Expired');
    if (key.expiresAt <= this.options.now()) return rpcError(400, 'InvalidSecurityToken.Expired');
    if (key.token !== params.get('SecurityToken')) return rpcError(400, 'InvalidSecurityToken.MismatchWithAccessKey');
    switch (params.get('Action')) {
      case 'CreateUploadVideo':
        return json(this.#created(params));
      case 'CreateUploadImage':
        return json(this.grant('image', params.get('OriginalFileName') ?? ''));
      case 'RefreshUploadVideo': {
        const id = params.get('VideoId') ?? '';
        return this.media.has(id) ? json(this.refresh(id)) : rpcError(404, 'InvalidVideo.NotFound');
      }
      case 'ListUnfinishedUploads':
        return this.extensions ? json(this.#unfinished(params)) : rpcError(404, 'InvalidAction.NotFound');
      case 'FindContent':
        return this.extensions ? json(this.#find(params)) : rpcError(404, 'InvalidAction.NotFound');
      case 'CreateVideoFromContent':
        return this.#fromContent(params);
      default:
        return rpcError(404, 'InvalidAction.NotFound');
    }
  }

  #created(params: ReadonlyMap<string, string>): object {
    const grant = this.grant('video', params.get('FileName') ?? '');
    const media = this.media.get(grant.VideoId ?? '');
    if (media) this.media.set(grant.VideoId ?? '', { ...media, params });
    return grant;
  }

  /** One page an upload, so that paging is used. */
  #unfinished(params: ReadonlyMap<string, string>): object {
    const rows = [...this.uploads].flatMap(([UploadId, { key, parts }]) => {
      const [id, media] = [...this.media].find(([, { key: own }]) => own === key) ?? [];
      const { params: told, name } = media ?? {};
      const UploadedSize = [...parts.values()].reduce((sum, { body }) => sum + body.length, 0);
      const about = { FileSample: told?.get('FileSample'), PartUnit: Number(told?.get('PartUnit')) };
      const FileSize = Number(told?.get('FileSize'));
      return [{ VideoId: id, FileName: name, UploadId, UploadedSize, FileSize, ...about, CreationTime: formatIso(0) }];
    });
    const at = Number(params.get('Marker') ?? 0);
    const NextMarker = at + 1 < rows.length ? String(at + 1) : undefined;
    return { Uploads: rows.slice(at, at + 1), NextMarker };
  }

  #find(params: ReadonlyMap<string, string>): object {
    const known = this.#content(params) !== undefined;
    return known ? { Found: true, Challenge: CHALLENGE.toString('base64') } : { Found: false };
  }

  #content(params: ReadonlyMap<string, string>): Uint8Array | undefined {
    const fits = (body: Uint8Array) =>
      body.length === Number(params.get('FileSize')) && String(crc64(body)) === params.get('Crc64');
    return [...this.objects.values()].map(({ body }) => body).find(fits);
  }

  #fromContent(params: ReadonlyMap<string, string>): CloudAnswer {
    const body = this.#content(params);
    if (!body) return rpcError(404, 'ContentNotFound');
    const leaves: Buffer[] = [];
    for (let at = 0; at < body.length; at += 4_194_304) {
      leaves.push(sha256(Buffer.concat([CHALLENGE, body.subarray(at, at + 4_194_304)])));
    }
    const proof = sha256(Buffer.concat([CHALLENGE, ...leaves])).toString('hex');
    if (proof !== params.get('Proof')) return rpcError(400, 'InvalidProof');
    const { VideoId = '' } = this.grant('video', params.get('FileName') ?? '');
    const key = this.media.get(VideoId)?.key ?? '';
    this.objects.set(key, { body, headers: new Map() });
    return json({ VideoId, Bucket: BUCKET, FileName: key, ETag: `"${etagOf(body)}"` });
  }

  #store(request: CloudRequest): CloudAnswer {
    const path = decodeURIComponent(request.url.pathname.slice(1));
    const key = path.startsWith(`${BUCKET}/`) ? path.slice(BUCKET.length + 1) : path;
    const query = parseQuery(request.url.search.slice(1)) ?? [];
    const params = new Map(query);
    const part = params.has('partNumber') ? Number(params.get('partNumber')) : undefined;
    const operation = operationOf(request.method, params);
    const uploadId = params.get('uploadId');
    const call = this.#record({ operation, part, uploadId, key, params, headers: request.headers });
    const oss: OssRequest = { method: request.method, bucket: BUCKET, key, query, headers: request.headers };
    const answer = this.intercept(call) ?? this.#refuse(oss) ?? this.#storeAnswer(call, oss, request.body);
    call.status = answer.status;
    call.code = /<Code>([^<]*)/.exec(answer.body)?.[1];
    return answer;
  }

  #refuse(request: OssRequest): CloudAnswer | undefined {
    const header = request.headers.get('authorization') ?? '';
    const date = request.headers.get('x-oss-date') ?? '';
    const v4 = parseOssV4Authorization(header);
    const v1 = parseOssV1Authorization(header);
    const key = this.#keys.get(v4?.accessKeyId ?? v1?.accessKeyId ?? '');
    const now = this.options.now();
    if (!key) return ossError(403, 'InvalidAccessKeyId');
    const genuine = v4
      ? verifyOssV4(nodeDigests, ossV4SigningKey(nodeDigests, key.secret, v4.scope), request, date, v4)
      : v1 && verifyOssV1Header(nodeDigests, key.secret, request, v1.signature);
    if (!genuine) return ossError(403, 'SignatureDoesNotMatch');
    const stamped = Date.parse(v4 ? date.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:') : date);
    if (!(Math.abs(stamped - now) <= MAX_SKEW)) {
      return ossError(403, 'RequestTimeTooSkewed', [['ServerTime', formatIsoMillis(now)]]);
    }
    if (request.headers.get('x-oss-security-token') !== key.token) return ossError(403, 'InvalidSecurityToken');
    if (key.expiresAt <= now) return ossError(403, 'SecurityTokenExpired');
    return key.scope === request.key ? undefined : ossError(403, 'AccessDenied');
  }

  #storeAnswer(call: CloudCall, request: OssRequest, sent: Uint8Array): CloudAnswer {
    const key = request.key ?? '';
    const body = this.corrupt(call, sent);
    if (call.operation === 'PutObject') {
      this.objects.set(key, { body, headers: request.headers });
      return stored(body);
    }
    if (call.operation === 'Initiate') {
      const id = `UPLOAD${++this.#counter}`;
      this.uploads.set(id, { key, parts: new Map() });
      return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    const upload = this.uploads.get(call.uploadId ?? '');
    if (!upload || upload.key !== key) return ossError(404, 'NoSuchUpload');
    switch (call.operation) {
      case 'UploadPart': {
        const part = { body: body.slice(), etag: etagOf(body), crc: crc64(body) };
        upload.parts.set(call.part ?? 0, part);
        return stored(body);
      }
      case 'ListParts':
        return this.#list(upload.parts, Number(call.params.get('part-number-marker') ?? 0));
      case 'Abort':
        this.uploads.delete(call.uploadId ?? '');
        return { status: 204, headers: {}, body: '' };
      default:
        return this.#complete(call, key, upload.parts, new TextDecoder().decode(sent));
    }
  }

  #list(parts: ReadonlyMap<number, StoredPart>, marker: number): CloudAnswer {
    const after = [...parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
    const page = after.slice(0, this.options.pageSize ?? 1000);
    const items = page.map(([number, part]) => {
      const crc = this.listCrc ? `<HashCrc64ecma>${part.crc}</HashCrc64ecma>` : '';
      const about = `<ETag>&quot;${part.etag}&quot;</ETag><Size>${part.body.length}</Size>${crc}`;
      return `<Part><PartNumber>${number}</PartNumber>${about}</Part>`;
    });
    const next = page[page.length - 1]?.[0] ?? 0;
    const truncated = after.length > page.length;
    return xml(
      `<ListPartsResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><NextPartNumberMarker>${next}</NextPartNumberMarker>` +
        `<IsTruncated>${truncated}</IsTruncated>${items.join('')}</ListPartsResult>`,
    );
  }

  #complete(call: CloudCall, key: string, parts: ReadonlyMap<number, StoredPart>, body: string): CloudAnswer {
    const named = [...body.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(?:&quot;)?(\w+)/g)];
    const chosen = named.map(([, number, etag]) => {
      const part = parts.get(Number(number));
      return part?.etag === etag ? part : undefined;
    });
    if (chosen.length === 0 || chosen.includes(undefined)) return ossError(400, 'InvalidPart');
    const whole = Buffer.concat(chosen.map((part) => part?.body ?? new Uint8Array()));
    this.objects.set(key, { body: whole, headers: call.headers });
    this.uploads.delete(call.uploadId ?? '');
    return xml(
      `<CompleteMultipartUploadResult><ETag>"${etagOf(whole)}-${chosen.length}"</ETag></CompleteMultipartUploadResult>`,
      { 'x-oss-hash-crc64ecma': String(crc64(whole)) },
    );
  }
}

const CHALLENGE = Buffer.from('a challenge of thirty-two bytes!!');
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function operationOf(method: string, params: ReadonlyMap<string, string>): string {
  if (method === 'PUT') return params.has('partNumber') ? 'UploadPart' : 'PutObject';
  if (method === 'POST') return params.has('uploads') ? 'Initiate' : 'Complete';
  return method === 'GET' ? 'ListParts' : 'Abort';
}

const etagOf = (body: Uint8Array): string => createHash('md5').update(body).digest('hex').toUpperCase();

function stored(body: Uint8Array): CloudAnswer {
  return {
    status: 200,
    headers: { etag: `"${etagOf(body)}"`, 'x-oss-hash-crc64ecma': String(crc64(body)) },
    body: '',
  };
}

const json = (value: object): CloudAnswer => ({ status: 200, headers: {}, body: JSON.stringify(value) });
const xml = (body: string, headers: Record<string, string> = {}): CloudAnswer => ({ status: 200, headers, body });

export function rpcError(status: number, code: string): CloudAnswer {
  const body = { RequestId: 'REQUEST', HostId: 'vod.test', Code: code, Message: `Refused: ${code}.` };
  return { status, headers: {}, body: JSON.stringify(body) };
}

export function ossError(
  status: number,
  code: string,
  extra: readonly (readonly [string, string])[] = [],
): CloudAnswer {
  const body = ossErrorXml({
    Code: code,
    Message: `Refused: ${code}.`,
    RequestId: 'REQUEST',
    HostId: 'oss.test',
    extra,
  });
  return { status, headers: {}, body };
}
