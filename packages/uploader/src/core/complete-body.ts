import { xmlText } from '@sluice/wire';

/** The body of CompleteMultipartUpload; parts in ascending order. Reference: oss 1.13. */
export function completeBody(parts: readonly (readonly [number: number, etag: string])[]): string {
  const items = parts.map(([n, etag]) => `<Part><PartNumber>${n}</PartNumber><ETag>${xmlText(etag)}</ETag></Part>`);
  return `<CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`;
}
