import { base64Url, base64UrlDecode } from '@sluice/wire';
import { ramErrors } from './errors.js';

export const DEFAULT_ITEMS = 100;

/** What a list is asked for: names after `after`, at most `limit`. */
export interface Page {
  readonly after: string;
  readonly limit: number;
}

/** @param called the parameter that the Marker came in. @throws RpcError `InvalidParameter.<called>` */
export function readPage({
  Marker,
  MaxItems = DEFAULT_ITEMS,
  called = 'Marker',
}: {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
  called?: string;
}): Page {
  if (Marker === undefined) return { after: '', limit: MaxItems };
  const bytes = base64UrlDecode(Marker);
  const after = bytes ? Buffer.from(bytes).toString('utf8') : '';
  if (after === '' || after.includes('\0'))
    throw ramErrors.invalid(called, `pass on the ${called} of the answer before.`);
  return { after, limit: MaxItems };
}

/**
 * The members that every paged answer has. Pages go by name, so they neither repeat nor skip what is there all the time.
 * @param rows one more than the limit, if there are as many
 */
export function pageOf<Row>(rows: readonly Row[], { limit }: Page, nameOf: (row: Row) => string) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return rows.length > limit && last !== undefined
    ? { shown, paging: { IsTruncated: true, Marker: base64Url(Buffer.from(nameOf(last))) } }
    : { shown, paging: { IsTruncated: false } };
}
