import { UploadError } from '../core/upload-error.js';
import type { Refusal } from './item.js';

/** What a list takes. */
export interface UploadLimits {
  /**
   * As `accept` of `<input type="file">`: extensions with a dot, MIME types, `video/*`; comma separated. Default: any. Of
   * some formats (`.flv`, `.mkv`) not every browser knows the MIME type: list their extensions beside `video/*`.
   */
  readonly accept?: string | undefined;
  /** Bytes one file may have. Default: no limit. */
  readonly maxSize?: number | undefined;
  /** Files the list takes; refused, canceled and unfinished ones do not count. Default: no limit. */
  readonly maxFiles?: number | undefined;
}

/** What the limits look at. */
export interface FileFacts {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** MIME type; empty when unknown. */
  readonly type: string;
}

/** @param taken files the list holds already */
export function refusalOf(file: FileFacts, limits: UploadLimits, taken: number): Refusal | undefined {
  const { accept, maxSize, maxFiles } = limits;
  if (accept !== undefined && !isAccepted(file, accept)) return { reason: 'type', limit: accept };
  if (maxSize !== undefined && file.size > maxSize) return { reason: 'size', limit: maxSize };
  if (maxFiles !== undefined && taken >= maxFiles) return { reason: 'count', limit: maxFiles };
  return undefined;
}

/** Whether `accept` (as of `<input type="file">`) takes a file of this name and MIME type. */
export function isAccepted({ name, type }: Pick<FileFacts, 'name' | 'type'>, accept: string): boolean {
  const lowerName = name.toLowerCase();
  const lowerType = type.toLowerCase().split(';', 1)[0]?.trim() ?? '';
  const tokens = accept
    .toLowerCase()
    .split(',')
    .map((token) => token.trim());
  const wanted = tokens.filter((token) => token !== '');
  return (
    wanted.length === 0 ||
    wanted.some((token) => {
      if (token === '*' || token === '*/*') return true;
      if (token.startsWith('.')) return lowerName.endsWith(token);
      if (token.endsWith('/*')) return lowerType.startsWith(token.slice(0, -1));
      return token === lowerType;
    })
  );
}

const CODES = { type: 'TypeNotAccepted', size: 'SizeNotAccepted', count: 'TooManyFiles' } as const;

export function refusalError(refusal: Refusal): UploadError {
  const { reason, limit } = refusal;
  const text = {
    type: `Files of this type are not accepted. Choose one of: ${limit}.`,
    size: `The file is larger than ${limit} bytes. Choose a smaller one.`,
    count: `Only ${limit} files are taken. Remove others first.`,
  }[reason];
  return new UploadError(CODES[reason], text);
}
