import { notImplemented, OssError } from './oss-error.js';
import { scanXml } from './scan-xml.js';

export const MAX_DELETED_KEYS = 1000;

export interface DeleteRequest {
  readonly quiet: boolean;
  /** 1 to 1 000, as sent: not trimmed, and one may come twice. */
  readonly keys: readonly string[];
}

/**
 * The keys that a DeleteMultipleObjects names. What it does not know it refuses, for it might have been a condition.
 * Reference: oss 1.6.
 * @throws {OssError} `MalformedXML`; `NotImplemented` for a version, because the current one is not what was meant
 */
export function readDeleteRequest(xml: string): DeleteRequest {
  const keys: string[] = [];
  // Texts of the elements seen in the object that is open, and in the root.
  let object = new Map<string, string>();
  const root = new Map<string, string>();
  const texts = (path: string): Map<string, string> => (path === QUIET ? root : object);
  for (const event of scanXml(xml)) {
    const { kind, path } = event;
    if (kind === 'text') {
      if (LEAVES.has(path)) texts(path).set(path, (texts(path).get(path) ?? '') + event.text);
      else if (event.text.trim() !== '') throw new OssError('MalformedXML');
    } else if (kind === 'open') {
      if (path === OBJECT) object = new Map();
      else if (LEAVES.has(path) && !texts(path).has(path)) texts(path).set(path, '');
      else if (path !== ROOT) throw new OssError('MalformedXML');
    } else if (path === OBJECT) {
      if (keys.length === MAX_DELETED_KEYS) {
        throw new OssError('MalformedXML', {
          message: `No more than ${MAX_DELETED_KEYS} keys can be deleted at once.`,
        });
      }
      keys.push(readObject(object));
    }
  }
  if (keys.length === 0) throw new OssError('MalformedXML', { message: 'The XML you provided names no object.' });
  const quiet = (root.get(QUIET) ?? 'false').trim().toLowerCase();
  if (quiet !== 'true' && quiet !== 'false') throw new OssError('MalformedXML');
  return { quiet: quiet === 'true', keys };
}

const ROOT = 'Delete';
const QUIET = 'Delete/Quiet';
const OBJECT = 'Delete/Object';
const KEY = 'Delete/Object/Key';
const VERSION = 'Delete/Object/VersionId';
const LEAVES: ReadonlySet<string> = new Set([QUIET, KEY, VERSION]);

/** Versions are not kept: `null` names what was stored without one. */
function readObject(texts: ReadonlyMap<string, string>): string {
  const key = texts.get(KEY);
  const version = texts.get(VERSION)?.trim() ?? '';
  if (key === undefined || key === '') throw new OssError('MalformedXML');
  if (version !== '' && version !== 'null') throw notImplemented('VersionId');
  return key;
}
