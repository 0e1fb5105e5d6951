import { nobleDigests } from '@sluice/wire/noble';
import { chunkedHasher } from '../core/chunked-hasher.js';
import { reportGlobally, systemClock, systemRandom } from '../core/system.js';
import type { Platform } from '../ports.js';
import { blobSource } from './blob-source.js';
import { readDomXml } from './dom-xml.js';
import { LocalStorageCheckpoints } from './local-storage-checkpoints.js';
import { XhrHttpStack } from './xhr-http-stack.js';

/** Pure digests, not WebCrypto: they also work on plain-http pages. */
export function browserPlatform(): Platform<Blob> {
  return {
    http: new XhrHttpStack(),
    clock: systemClock,
    random: systemRandom,
    digests: nobleDigests,
    hasher: chunkedHasher,
    readXml: readDomXml,
    reportError: reportGlobally,
    open: async (blob, overrides) => blobSource(blob, overrides),
    checkpoints: () => (hasLocalStorage() ? new LocalStorageCheckpoints() : undefined),
  };
}

// Reading the property throws where a page may not store anything (sandboxed frames, blocked cookies).
function hasLocalStorage(): boolean {
  try {
    return typeof globalThis.localStorage === 'object' && globalThis.localStorage !== null;
  } catch {
    return false;
  }
}
