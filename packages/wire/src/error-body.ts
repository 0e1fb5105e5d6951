/** Bodies of error answers, as official clients parse them. Reference: ram-sts 4.6, oss 0.3. */

/** Content types must be exactly these: the ACS3 core reads XML errors with no other. */
export const RPC_JSON_TYPE = 'application/json;charset=utf-8';
/** Of XML answers of RPC services. */
export const RPC_XML_TYPE = 'text/xml;charset=utf-8';
/** Of XML answers of OSS. */
export const OSS_XML_TYPE = 'application/xml';

/** Members of an error of an RPC service (reference ram-sts 4.6). */
export interface RpcErrorBody {
  readonly RequestId: string;
  readonly HostId: string;
  readonly Code: string;
  readonly Message: string;
  readonly Recommend?: string;
  readonly AccessDeniedDetail?: Readonly<Record<string, string>>;
}

/** Elements of an error of OSS. */
export interface OssErrorBody {
  readonly Code: string;
  readonly Message: string;
  readonly RequestId: string;
  readonly HostId: string;
  /** Elements that belong to the code: `BucketName`, `Key`, `UploadId`, `StringToSign` … in this order. */
  readonly extra?: readonly (readonly [name: string, value: string])[];
  /** Detailed error code, `0002-00000040`. */
  readonly EC?: string;
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};
// A surrogate pair is kept; what XML 1.0 cannot carry (section 2.2) is not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 forbids
const NOT_XML = /[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF\uFFFE\uFFFF\u0000-\u0008\u000B\u000C\u000E-\u001F]/g;

/**
 * Escapes text for XML. Characters that XML 1.0 cannot carry become U+FFFD, so that the body always parses. A carriage
 * return is written as a reference: a parser would read a bare one as a line feed (XML 1.0 section 2.11).
 */
export function xmlText(text: string): string {
  return text
    .replace(/[&<>"'\r]/g, (c) => XML_ESCAPES[c] as string)
    .replace(NOT_XML, (m) => (m.length === 2 ? m : '\uFFFD'));
}

const element = (name: string, value: string): string => `<${name}>${xmlText(value)}</${name}>`;
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The error as XML, as the RPC services write it. */
export function rpcErrorXml(body: RpcErrorBody): string {
  const detail = Object.entries(body.AccessDeniedDetail ?? {}).map(([name, value]) => element(name, value));
  return [
    DECLARATION,
    '<Error>',
    element('RequestId', body.RequestId),
    element('HostId', body.HostId),
    element('Code', body.Code),
    element('Message', body.Message),
    body.Recommend === undefined ? '' : element('Recommend', body.Recommend),
    detail.length === 0 ? '' : `<AccessDeniedDetail>${detail.join('')}</AccessDeniedDetail>`,
    '</Error>',
  ].join('');
}

/** The error as XML, as OSS writes it. */
export function ossErrorXml(body: OssErrorBody): string {
  return [
    DECLARATION,
    '<Error>',
    element('Code', body.Code),
    element('Message', body.Message),
    element('RequestId', body.RequestId),
    element('HostId', body.HostId),
    ...(body.extra ?? []).map(([name, value]) => element(name, value)),
    body.EC === undefined ? '' : element('EC', body.EC),
    body.EC === undefined ? '' : element('RecommendDoc', `https://api.aliyun.com/troubleshoot?q=${body.EC}`),
    '</Error>',
  ].join('');
}
