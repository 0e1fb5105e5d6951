import type { Uploader, UploaderOptions, UploadOptions, UploadTask } from '../api.js';
import { chunkedHasher } from '../core/chunked-hasher.js';
import { fixedLink } from '../core/link-control.js';
import { reportGlobally, systemClock, systemRandom } from '../core/system.js';
import { UploaderCore } from '../core/uploader.js';
import { blobSource } from './blob-source.js';
import { browserDigests } from './browser-digests.js';
import { browserNetwork } from './browser-network.js';
import { readDomXml } from './dom-xml.js';
import { LocalStorageCheckpoints } from './local-storage-checkpoints.js';
import { XhrHttpStack } from './xhr-http-stack.js';

/** Options of the small uploader: those of the whole one, but fewer, and they are not checked. */
export type SmallOptions = Pick<
  UploaderOptions<Blob>,
  | 'endpoint'
  | 'region'
  | 'parallelFiles'
  | 'account'
  | 'retryCount'
  | 'retryDelay'
  | 'timeout'
  | 'checkpoints'
  | 'cname'
  | 'http'
  | 'hasher'
  | 'clock'
  | 'random'
> & {
  readonly credentials: NonNullable<UploaderOptions['credentials']>;
  /** Bytes, at least 102 400; default 1 MiB. */
  readonly partSize?: number | undefined;
  /** Parts of a file in flight, default 5. */
  readonly parallel?: number | undefined;
};

/** It can be awaited, not iterated. */
export type SmallUploadTask = Omit<UploadTask, typeof Symbol.asyncIterator>;

/** What `createUploader` of `@sluice/uploader/core` answers. */
export interface SmallUploader extends Pick<Uploader<Blob>, 'close'> {
  readonly tasks: readonly SmallUploadTask[];
  /** Never throws; what is wrong comes out of `task.done`. */
  upload(file: Blob, options?: Omit<UploadOptions, 'cover' | 'instant'>): SmallUploadTask;
}

/**
 * The part every upload needs and nothing else: STS mode, signatures V4, parts in parallel, resumed after a reload from
 * `localStorage`, every part checked. It has the tasks, events and errors of the whole one; their messages do not end with
 * advice. A medium is a video unless `kind: 'image'` is given.
 */
export function createUploader(options: SmallOptions): SmallUploader {
  return new UploaderCore<Blob>(
    {
      http: new XhrHttpStack(),
      clock: systemClock,
      random: systemRandom,
      digests: browserDigests(),
      hasher: chunkedHasher,
      maxParallel: 6,
      readXml: readDomXml,
      network: browserNetwork(systemClock),
      reportError: reportGlobally,
      open: async (file, overrides, hasher) => blobSource(file, hasher, overrides),
      sizeOf: (file) => file.size,
      checkpoints: localCheckpoints,
    },
    options,
    {},
    { link: fixedLink },
  );
}

function localCheckpoints(): LocalStorageCheckpoints | undefined {
  // Reading the property throws where a page may not store anything.
  try {
    return globalThis.localStorage && new LocalStorageCheckpoints();
  } catch {
    return undefined;
  }
}
