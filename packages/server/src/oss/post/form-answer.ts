import { percentEncode } from '@sluice/wire';
import type { Answer } from '../answer.js';
import type { ObjectName } from '../catalog/objects.js';
import { quoted } from '../etag.js';
import { invalidArgument } from '../oss-error.js';
import { element, xmlDocument } from '../xml.js';

/** What the form asked to be answered, checked before anything is stored. */
export type FormAnswer = { readonly redirect: URL } | { readonly status: 200 | 201 | 204 };

/**
 * `success_action_redirect` and `success_action_status` (reference oss 1.9). Where a redirect leads is the choice of who signed
 * the form, or of the page that posts it; only web addresses are taken, so that no script is made of one.
 * @throws {OssError} `InvalidArgument`
 */
export function readFormAnswer(fields: ReadonlyMap<string, string>): FormAnswer {
  const redirect = fields.get('success_action_redirect') ?? '';
  if (redirect !== '') {
    const url = URL.canParse(redirect) ? new URL(redirect) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
      throw invalidArgument('success_action_redirect', redirect, 'It must be a http or https URL.');
    }
    return { redirect: url };
  }
  const status = fields.get('success_action_status');
  return { status: status === '200' ? 200 : status === '201' ? 201 : 204 };
}

/** @param headers of a PutObject's answer */
export function formAnswer(
  asked: FormAnswer,
  { bucket, key }: ObjectName,
  { etag, location, headers }: { etag: string; location: string; headers: Readonly<Record<string, string>> },
): Answer {
  if ('redirect' in asked) {
    return {
      status: 303,
      headers: { ...headers, location: redirectTo(asked.redirect, { bucket, key, etag }) },
      body: '',
    };
  }
  if (asked.status !== 201) return { status: asked.status, headers, body: '' };
  const body = xmlDocument(
    element('PostResponse', [
      element('Bucket', bucket),
      element('Location', location),
      element('Key', key),
      element('ETag', quoted(etag)),
    ]),
  );
  return { status: 201, headers: { ...headers, location, 'content-type': 'application/xml' }, body };
}

function redirectTo(url: URL, { bucket, key, etag }: { bucket: string; key: string; etag: string }): string {
  const added = [
    ['bucket', bucket],
    ['key', key],
    ['etag', quoted(etag)],
  ].map(([name, value]) => `${name}=${percentEncode(value as string)}`);
  const target = new URL(url);
  target.search = [target.search.slice(1), ...added].filter((part) => part !== '').join('&');
  return target.href;
}
