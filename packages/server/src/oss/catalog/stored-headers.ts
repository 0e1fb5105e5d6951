import { STORAGE_CLASS } from '../storage-class.js';

/** Headers kept with an object and served back: lower-case names, values as UTF-8 text. */
export type StoredHeaders = readonly (readonly [name: string, value: string])[];

/** User metadata in which SDKs that encrypt keep the key of the bytes, itself encrypted, and how. */
export const CLIENT_ENCRYPTION = 'x-oss-meta-client-side-encryption-';

/** The column `headers` of objects and uploads. */
export const writeHeaders = (headers: StoredHeaders): string => JSON.stringify(headers);

export const readHeaders = (column: string): StoredHeaders => JSON.parse(column) as StoredHeaders;

/** Of a column: as it was asked for. */
export const storageClassOf = (column: string): string =>
  readHeaders(column).find(([name]) => name === STORAGE_CLASS)?.[1] ?? 'Standard';

/** Of a column; the default of the dialect when it names none. */
export const contentTypeOf = (column: string): string =>
  readHeaders(column).find(([name]) => name === 'content-type')?.[1] ?? 'application/octet-stream';
