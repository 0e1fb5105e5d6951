import { RPC_JSON_TYPE, RPC_XML_TYPE, rpcErrorXml, xmlText } from '@sluice/wire';
import { gatewayErrors } from './gateway-errors.js';
import type { RpcError } from './rpc-error.js';

export type Format = 'JSON' | 'XML';

/** Explicit `Format` wins; then ACS3 or `Accept: …json…` mean JSON; else XML. Reference: ram-sts 1.1. */
export function chooseFormat(
  parameters: ReadonlyMap<string, string>,
  headers: ReadonlyMap<string, string>,
): Format | RpcError {
  const wanted = parameters.get('Format')?.toUpperCase();
  if (wanted === 'JSON' || wanted === 'XML') return wanted;
  if (wanted !== undefined && wanted !== '') return gatewayErrors.invalidFormat();
  const json = headers.get('authorization')?.startsWith('ACS3-') || /json/i.test(headers.get('accept') ?? '');
  return json ? 'JSON' : 'XML';
}

export interface Rendered {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export function renderSuccess(format: Format, action: string, answer: object): Rendered {
  return format === 'JSON'
    ? { status: 200, contentType: RPC_JSON_TYPE, body: JSON.stringify(answer) }
    : {
        status: 200,
        contentType: RPC_XML_TYPE,
        body: `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(`${action}Response`, answer)}`,
      };
}

export function renderError(format: Format, error: RpcError, requestId: string, hostId: string): Rendered {
  const body = {
    RequestId: requestId,
    HostId: hostId,
    Code: error.code,
    Message: error.message,
    Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(error.code)}`,
    ...(error.detail ? { AccessDeniedDetail: error.detail } : {}),
  };
  return format === 'JSON'
    ? { status: error.status, contentType: RPC_JSON_TYPE, body: JSON.stringify(body) }
    : { status: error.status, contentType: RPC_XML_TYPE, body: rpcErrorXml(body) };
}

/** Members become elements, lists repeat their element (reference ram-sts 2.2). */
function xmlElement(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((item) => xmlElement(name, item)).join('');
  if (typeof value === 'object') {
    const inner = Object.entries(value).map(([member, item]) => xmlElement(member, item));
    return `<${name}>${inner.join('')}</${name}>`;
  }
  return `<${name}>${xmlText(String(value))}</${name}>`;
}
