import type { Pair } from './encoding.js';

/** What an OSS signature is computed over, whatever the addressing style of the URL was. */
export interface OssRequest {
  readonly method: string;
  /** Absent for calls on the service itself (ListBuckets). */
  readonly bucket?: string | undefined;
  /** Decoded object key; absent for calls on the bucket. */
  readonly key?: string | undefined;
  /** Decoded query parameters. */
  readonly query: readonly Pair[];
  /** Lower-case names; values as UTF-8 text (a Node server has to convert its latin1 header strings first). */
  readonly headers: ReadonlyMap<string, string>;
}

/** `/bucket/key`, `/bucket/` or `/`: the resource that is signed, not the path of the URL. */
export function signedResource(request: Pick<OssRequest, 'bucket' | 'key'>): string {
  return request.bucket === undefined ? '/' : `/${request.bucket}/${request.key ?? ''}`;
}
