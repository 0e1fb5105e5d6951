import { reportGlobally, systemClock, systemRandom } from '../core/system.js';
import type { CheckpointStore, Platform } from '../ports.js';
import { browserDigests } from './browser-digests.js';
import { type BrowserFile, openBrowserFile, reopenBrowserFile, sizeOfBrowserFile } from './browser-file.js';
import { browserHasher } from './browser-hasher.js';
import { browserNetwork } from './browser-network.js';
import { browserTabs } from './browser-tabs.js';
import { readDomXml } from './dom-xml.js';
import { IndexedDbCheckpoints } from './indexed-db-checkpoints.js';
import { lateAdvice } from './late-advice.js';
import { LocalStorageCheckpoints } from './local-storage-checkpoints.js';
import { XhrHttpStack } from './xhr-http-stack.js';

const extras = () => import('./chunks/extras.js');

/** Connections a browser opens to one host. */
const CONNECTIONS = 6;

export function browserPlatform(): Platform<BrowserFile> {
  const { advice, prepare } = lateAdvice();
  return {
    http: new XhrHttpStack(),
    clock: systemClock,
    random: systemRandom,
    digests: browserDigests(),
    hasher: browserHasher(),
    maxParallel: CONNECTIONS,
    readXml: readDomXml,
    network: browserNetwork(systemClock),
    tabs: browserTabs(),
    advice,
    reportError: reportGlobally,
    extras,
    open: (file, overrides, hasher) => {
      void prepare();
      return openBrowserFile(file, overrides, hasher, extras);
    },
    sizeOf: sizeOfBrowserFile,
    reopen: reopenBrowserFile,
    checkUpload: async (options, check) => (await import('./chunks/doctor.js')).checkUpload(options, check),
    checkpoints: browserCheckpoints,
  };
}

function browserCheckpoints(): CheckpointStore | undefined {
  // Reading these properties throws where a page may not store anything (sandboxed frames, blocked cookies).
  try {
    if (globalThis.indexedDB) return new IndexedDbCheckpoints();
    return globalThis.localStorage ? new LocalStorageCheckpoints() : undefined;
  } catch {
    return undefined;
  }
}
