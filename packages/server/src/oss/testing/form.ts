import { randomBytes } from 'node:crypto';
import { base64, hex, ossV4SigningKey, utf8 } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { type Reply, raw, type Target } from './client.js';
import { BUCKET, KEY } from './data-plane.js';

export type FormFields = Readonly<Record<string, string>> | readonly (readonly [name: string, value: string])[];

export interface FormAsk {
  readonly fields?: FormFields;
  readonly file?: Buffer | string;
  readonly fileName?: string;
  readonly fileType?: string;
  /** Fields after the file. */
  readonly after?: FormFields;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly host?: string;
}

const entries = (fields: FormFields = {}) =>
  (Array.isArray(fields) ? fields : Object.entries(fields)) as readonly (readonly [string, string])[];

/** A form as browsers write it. */
export function formBody(ask: FormAsk): { body: Buffer; contentType: string } {
  const boundary = `----form${randomBytes(8).toString('hex')}`;
  const field = ([name, value]: readonly [string, string]) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  const { file, fileName = 'a.txt', fileType = 'text/plain' } = ask;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: ${fileType}\r\n\r\n`;
  const content = file === undefined ? [] : [Buffer.from(head), Buffer.from(file), Buffer.from('\r\n')];
  const body = Buffer.concat([
    ...entries(ask.fields).map(field),
    ...content,
    ...entries(ask.after).map(field),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}

export function postForm(plane: Target, ask: FormAsk): Promise<Reply> {
  const { body, contentType } = formBody(ask);
  const headers = { host: ask.host ?? `${BUCKET}.oss.localhost`, 'content-type': contentType, ...ask.headers };
  return raw(plane, { method: 'POST', path: ask.path ?? '/', headers, body });
}

export const policyText = (document: object | string): string =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64');

export interface PolicyAsk {
  readonly at: number;
  readonly conditions?: readonly unknown[];
  readonly policy?: string;
  readonly secret?: string;
}

const policyOf = ({ at, conditions = [], policy }: PolicyAsk): string =>
  policy ?? policyText({ expiration: new Date(at + 60_000).toISOString(), conditions });

export function signFormV1(ask: PolicyAsk): Record<string, string> {
  const policy = policyOf(ask);
  const Signature = base64(nodeDigests.hmacSha1(utf8(ask.secret ?? KEY.secret), utf8(policy)));
  return { OSSAccessKeyId: KEY.id, policy, Signature };
}

export function signFormV4(ask: PolicyAsk, region = 'cn-local'): Record<string, string> {
  const policy = policyOf(ask);
  const date = new Date(ask.at).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = { date: date.slice(0, 8), region };
  const key = ossV4SigningKey(nodeDigests, ask.secret ?? KEY.secret, scope);
  return {
    policy,
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${KEY.id}/${scope.date}/${region}/oss/aliyun_v4_request`,
    'x-oss-date': date,
    'x-oss-signature': hex(nodeDigests.hmacSha256(key, utf8(policy))),
  };
}
