import { percentEncode } from '@sluice/wire';
import { invalidArgument } from '../oss-error.js';
import type { CallbackBodyType } from './callback-order.js';

/** Variables of the dialect (reference oss 3). What is absent is empty. */
export interface CallbackFacts {
  readonly bucket: string;
  readonly object: string;
  readonly etag: string;
  readonly size: number;
  readonly mimeType: string;
  readonly 'imageInfo.height'?: number | undefined;
  readonly 'imageInfo.width'?: number | undefined;
  readonly 'imageInfo.format'?: string | undefined;
  readonly crc64: string;
  readonly contentMd5?: string | undefined;
  readonly vpcId?: string | undefined;
  readonly clientIp: string;
  readonly reqId: string;
  readonly operation: string;
}

const NAMES: ReadonlySet<string> = new Set<keyof CallbackFacts>([
  'bucket',
  'object',
  'etag',
  'size',
  'mimeType',
  'imageInfo.height',
  'imageInfo.width',
  'imageInfo.format',
  'crc64',
  'contentMd5',
  'vpcId',
  'clientIp',
  'reqId',
  'operation',
]);

const VARIABLE = /\$\{([^{}]*)\}/g;

/** @throws {OssError} `InvalidArgument` for a variable that there is none of */
export function checkTemplate(template: string): void {
  for (const [, name = ''] of template.matchAll(VARIABLE)) {
    if (NAMES.has(name) || (name.startsWith('x:') && name.length > 2)) continue;
    throw invalidArgument('callbackBody', name, `The variable \${${name}} of the callback body is not known.`);
  }
}

/** Whether a template wants to know what only the bytes of an image tell. */
export const asksForImage = (template: string): boolean => template.includes('${imageInfo.');

/**
 * Puts the values in, once: a value that looks like a variable stays as it is. In a form they are percent-encoded; in JSON they
 * are literals, so that no value can end its text.
 */
export function fillTemplate(
  template: string,
  type: CallbackBodyType,
  facts: CallbackFacts,
  variables: ReadonlyMap<string, string>,
): string {
  const values = new Map<string, string | number | undefined>([...Object.entries(facts), ...variables]);
  const write = type === 'application/json' ? json : (value: string | number) => percentEncode(String(value));
  return template.replace(VARIABLE, (_, name: string) =>
    write(values.get(name) ?? values.get(name.toLowerCase()) ?? ''),
  );
}

const json = (value: string | number): string => JSON.stringify(value);
