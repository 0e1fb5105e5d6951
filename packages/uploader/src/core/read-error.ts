/** Error answers of both services, also of whatever stands in front of them. */
import { parseIso } from '@sluice/wire';
import type { HttpResponse, XmlReader } from '../ports.js';
import { parseRetryAfter } from './backoff.js';
import { isTransient } from './refusal.js';
import { ServiceError } from './upload-error.js';

/** @param now server time, for a `Retry-After` that is a date */
export function readServiceError(readXml: XmlReader, response: HttpResponse, now: number): ServiceError {
  const { status } = response;
  const fields = jsonFields(response.body) ?? xmlFields(readXml, response);
  const code = fields?.('Code') || `Http${status}`;
  const excerpt = response.body.trim().slice(0, 200);
  return new ServiceError(code, fields?.('Message') || excerpt || 'The server gave no reason', {
    status,
    requestId: fields?.('RequestId') ?? response.header('x-oss-request-id'),
    retryable: isTransient(status, code),
    retryAfter: parseRetryAfter(response.header('retry-after'), now),
    serverTime: parseIso(fields?.('ServerTime') ?? ''),
  });
}

type Fields = (name: string) => string | undefined;

function jsonFields(body: string): Fields | undefined {
  const value = readJsonObject(body);
  return value && ((name) => (typeof value[name] === 'string' ? value[name] : undefined));
}

function xmlFields(readXml: XmlReader, { body, document }: HttpResponse): Fields | undefined {
  return body.trimStart().startsWith('<') ? readXml(body, document)?.child : undefined;
}

/** `undefined` when the text is not a JSON object. */
export function readJsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
