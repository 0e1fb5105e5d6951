import { base64Url, base64UrlDecode, formatIso } from '@sluice/wire';
import { z } from 'zod';
import { type Call, type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import type { MediaStore, PagePlace, UploadingVideo } from './media-store.js';
import { invalidMetadata } from './metadata-input.js';
import { mediaDemand, ownerOf } from './scope.js';

const input = z.object({
  MaxItems: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .optional(),
  Marker: z.string().max(128).transform(readMarker).optional(),
});

const DEFAULT_ITEMS = 20;
/** Media without an open upload are passed over; these bound what one call looks at, and what one statement does. */
const LOOKED_AT = 5_000;
const ROWS_AT_ONCE = 500;

/** Tells the bytes that an open multipart upload holds. */
export interface OpenUploads {
  storedBytes(uploadId: string): Promise<number>;
}

export interface UnfinishedParts {
  readonly media: MediaStore;
  readonly uploads: OpenUploads;
}

/**
 * ListUnfinishedUploads, an extension (docs/extensions.md): uploads that the caller began, on whatever device, and whose
 * credentials it may renew.
 */
export function listUnfinishedUploads({ media, uploads }: UnfinishedParts): Operation {
  async function describe({ media_id, upload_id }: OpenUpload): Promise<object | undefined> {
    const row = await media.find(media_id);
    // Finished or deleted since it was found.
    if (row?.status !== 'Uploading') return undefined;
    return {
      VideoId: row.media_id,
      Title: row.title,
      FileName: row.file_name,
      ...(row.size === 0 ? {} : { FileSize: row.size }),
      UploadId: upload_id,
      UploadedSize: await uploads.storedBytes(upload_id),
      ...(row.file_sample === '' ? {} : { FileSample: row.file_sample }),
      ...(row.part_unit === 0 ? {} : { PartUnit: row.part_unit }),
      CreationTime: formatIso(row.created_at),
    };
  }

  /** The media of the owner that have an open upload which the caller may refresh, and where looking ended before the end. */
  async function find(
    call: Call,
    from: PagePlace | undefined,
    limit: number,
  ): Promise<{ found: readonly OpenUpload[]; next: PagePlace | undefined }> {
    const caller = ownerOf(call.principal);
    const found: OpenUpload[] = [];
    let place = from;
    for (let seen = 0; seen < LOOKED_AT; seen += ROWS_AT_ONCE) {
      const rows = await media.pageOfUploading(caller, place, ROWS_AT_ONCE);
      for (const row of rows) {
        if (isOpen(row) && (await mayRefresh(call, row))) {
          if (found.length === limit) return { found, next: place };
          found.push(row);
        }
        place = row;
      }
      if (rows.length < ROWS_AT_ONCE) return { found, next: undefined };
      // Other requests are let in between.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return { found, next: place };
  }

  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'ListUnfinishedUploads',
    description: 'Lists the unfinished uploads that the caller may go on with.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    // Asked for each media below: a policy may allow some and not others.
    access: async () => [],
    perSecond: 10,
    perSecondOf: 'principal',
    async handle({ MaxItems = DEFAULT_ITEMS, Marker }, call) {
      const { found, next } = await find(call, Marker, MaxItems);
      if (found.length === 0 && !(await call.may(mediaDemand(call.principal, 'RefreshUploadVideo', undefined)))) {
        throw vodErrors.denied({});
      }
      const described = await Promise.all(found.map(describe));
      return {
        Uploads: described.filter((upload) => upload !== undefined),
        IsTruncated: next !== undefined,
        ...(next === undefined ? {} : { NextMarker: writeMarker(next) }),
      };
    },
  });
}

type OpenUpload = UploadingVideo & { readonly upload_id: string };

const isOpen = (row: UploadingVideo): row is OpenUpload => row.upload_id !== null;

function mayRefresh(call: Call, { media_id }: PagePlace): Promise<boolean> {
  const { accountId, owner } = ownerOf(call.principal);
  return call.may(mediaDemand(call.principal, 'RefreshUploadVideo', { media_id, owner, account_id: accountId }));
}

/** A place in the caller's own list and nothing else: whoever makes one up turns pages of the same book. */
const writeMarker = ({ created_at, media_id }: PagePlace): string =>
  base64Url(Buffer.from(`${created_at}.${media_id}`));

function readMarker(text: string, context: z.RefinementCtx): PagePlace {
  const m = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(Buffer.from(base64UrlDecode(text) ?? []).toString('latin1'));
  if (m) return { created_at: Number(m[1]), media_id: m[2] as string };
  context.addIssue({ code: 'custom', message: 'not a marker of an answer' });
  return z.NEVER;
}
