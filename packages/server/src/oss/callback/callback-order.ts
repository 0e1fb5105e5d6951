import { base64Decode, utf8Decode } from '@sluice/wire';
import type { AddressRules } from '../../http/address-rules.js';
import { invalidArgument, OssError } from '../oss-error.js';
import { checkTemplate } from './callback-template.js';

export type CallbackBodyType = 'application/x-www-form-urlencoded' | 'application/json';

/** What the uploader asked to be told to its application, checked. */
export interface CallbackOrder {
  /** Tried in this order until one takes it. */
  readonly urls: readonly URL[];
  /** In place of the host of the URL. */
  readonly host: string | undefined;
  readonly template: string;
  readonly bodyType: CallbackBodyType;
  /** `x:name` and value. */
  readonly variables: ReadonlyMap<string, string>;
}

/** As found on the request: base64 of JSON each. */
export interface CallbackTexts {
  readonly callback: string;
  readonly variables?: string | undefined;
  /** In forms each variable is a field: its name and value, not encoded. */
  readonly fields?: ReadonlyMap<string, string>;
}

/** Each of the two texts. Reference: oss 3. */
const MAX_TEXT_BYTES = 5 * 1024;
const MAX_URLS = 5;
const EC = { url: '0007-00000004', tooMany: '0007-00000005', private: '0007-00000008', body: '0007-00000011' } as const;

/**
 * Finds the texts in the headers or in the query (which is signed).
 * @throws {OssError} `InvalidArgument` when both are used
 */
export function findCallback(
  headers: ReadonlyMap<string, string>,
  query: ReadonlyMap<string, string>,
): CallbackTexts | undefined {
  const inHeader = headers.has('x-oss-callback') || headers.has('x-oss-callback-var');
  const inQuery = query.has('callback') || query.has('callback-var');
  if (inHeader && inQuery) {
    throw new OssError('InvalidArgument', {
      message: 'The callback may be given in headers or in the URL, not in both.',
    });
  }
  const [callback, variables] = inQuery
    ? [query.get('callback'), query.get('callback-var')]
    : [headers.get('x-oss-callback'), headers.get('x-oss-callback-var')];
  return callback === undefined ? undefined : { callback, variables };
}

/**
 * Checks everything that can be checked before the object is stored. Reference: oss 3.
 * @throws {OssError} `InvalidArgument`
 */
export function readCallbackOrder(texts: CallbackTexts, rules: AddressRules): CallbackOrder {
  const order = readObject('callback', texts.callback);
  const { callbackUrl, callbackHost, callbackBody, callbackBodyType, callbackSNI } = order;
  if (typeof callbackBody !== 'string' || callbackBody === '') {
    throw bad('callbackBody', '', 'The callback has no body.', EC.body);
  }
  checkTemplate(callbackBody);
  // Host names of TLS are always sent, so there is nothing to switch.
  if (![undefined, true, false, 'true', 'false'].includes(callbackSNI as boolean | string | undefined)) {
    throw bad('callbackSNI', shown(callbackSNI), 'callbackSNI must be true or false.');
  }
  return {
    urls: readUrls(callbackUrl, rules),
    host: readHost(callbackHost),
    template: callbackBody,
    bodyType: readBodyType(callbackBodyType),
    variables: texts.variables === undefined ? (texts.fields ?? new Map()) : readVariables(texts.variables),
  };
}

function readVariables(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(readObject('callback-var', text))) {
    if (!name.startsWith('x:') || !['string', 'number', 'boolean'].includes(typeof value)) {
      throw bad('callback-var', name, 'Names of callback variables start with "x:", and their values are texts.');
    }
    variables.set(name, String(value));
  }
  return variables;
}

function readUrls(text: unknown, rules: AddressRules): readonly URL[] {
  if (typeof text !== 'string' || text.trim() === '') throw bad('callbackUrl', '', 'The callback has no URL.', EC.url);
  const urls = text.split(';').map((one) => one.trim());
  if (urls.length > MAX_URLS) throw bad('callbackUrl', text, 'The callback has more than 5 URLs.', EC.tooMany);
  return urls.map((one) => readUrl(one, rules));
}

function readUrl(text: string, rules: AddressRules): URL {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.username !== '' || url.password !== '') {
    throw bad('callbackUrl', text, 'The URL of the callback is not valid.', EC.url);
  }
  if (url.hostname.startsWith('[')) {
    throw bad('callbackUrl', text, 'The URL of the callback must not be an IPv6 address.', EC.url);
  }
  url.hash = '';
  if (!rules.mayAllow(url.hostname, Number(url.port) || (url.protocol === 'https:' ? 443 : 80))) {
    throw bad(
      'callbackUrl',
      text,
      'The URL of the callback is a private address, or its port is not allowed.',
      EC.private,
    );
  }
  return url;
}

function readHost(host: unknown): string | undefined {
  if (host === undefined || host === '') return undefined;
  if (typeof host !== 'string' || host.length > 255 || !/^[\w.-]+(:\d{1,5})?$/.test(host)) {
    throw bad('callbackHost', shown(host), 'The host of the callback is not valid.');
  }
  return host;
}

function readBodyType(type: unknown): CallbackBodyType {
  if (type === undefined || type === '') return 'application/x-www-form-urlencoded';
  if (type === 'application/x-www-form-urlencoded' || type === 'application/json') return type;
  throw bad(
    'callbackBodyType',
    shown(type),
    'callbackBodyType must be application/x-www-form-urlencoded or application/json.',
  );
}

function readObject(name: string, text: string): Readonly<Record<string, unknown>> {
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) throw bad(name, '', `${name} is larger than 5 KB.`);
  const bytes = base64Decode(text.trim());
  if (!bytes) throw bad(name, text, `${name} is not base64.`);
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Not UTF-8, or not JSON: one refusal for both.
  }
  throw bad(name, text, `${name} is not the base64 of a JSON object.`);
}

/** Of JSON, not all can be made a text: `{"toString":1}` cannot. */
const shown = (value: unknown): string => (typeof value === 'string' ? value : '');

const bad = (name: string, value: string, message: string, ec?: string): OssError =>
  invalidArgument(name, value, message, ec);
