import { nobleDigests } from '@sluice/wire/noble';
import { adviceFor } from '../core/advice.js';
import { systemClock, systemRandom } from '../core/system.js';
import { readParsedXml } from '../node/parsed-xml.js';
import type { Network, Platform } from '../ports.js';
import type { FilePort, NativeFile } from './file-port.js';
import { openNativeFile } from './file-source.js';
import { KeyValueCheckpoints, type KeyValueStore } from './key-value-checkpoints.js';
import { reportToReactNative } from './report-error.js';
import { NativeXhrHttpStack } from './xhr-http-stack.js';
import { yieldingHasher } from './yielding-hasher.js';

/** The libraries of the device, brought by the application: this package imports nothing native. */
export interface NativeAdapters {
  /** `expoFilePort(FileSystem)` or `blobUtilFilePort(ReactNativeBlobUtil.fs)`. */
  readonly files: FilePort;
  /** Where unfinished uploads are remembered, e.g. AsyncStorage. Without it they are not. */
  readonly storage?: KeyValueStore | undefined;
  /** `netInfoNetwork(NetInfo)`. Without it every failure of the network is tried again, but not waited for. */
  readonly network?: Network | undefined;
}

/**
 * Parts in flight. React Native turns bytes into base64 text on their way to the native side: a part takes about four
 * times its size for a moment.
 */
const MOST_PARTS = 4;

/** Bytes; see {@link MOST_PARTS}. The encoding also holds up the thread the application draws with. */
export const NATIVE_PART_SIZE = 1024 * 1024;

/** What React Native offers the core, over the libraries that the application hands in. */
export function reactNativePlatform(adapters: NativeAdapters): Platform<NativeFile> {
  const { files, storage, network } = adapters;
  return {
    http: new NativeXhrHttpStack(),
    clock: systemClock,
    random: systemRandom,
    // Pure: there is no WebCrypto.
    digests: nobleDigests,
    hasher: yieldingHasher(),
    readXml: readParsedXml,
    advice: adviceFor,
    network,
    reportError: reportToReactNative,
    maxParallel: MOST_PARTS,
    extras: () => import('../core/extras.js'),
    open: (file, overrides, hasher) => openNativeFile(files, file, overrides, hasher),
    reopen: async (handle) => {
      if (typeof handle !== 'string') throw new TypeError('The handle is not a URI');
      return handle;
    },
    checkpoints: () => (storage ? new KeyValueCheckpoints(storage) : undefined),
  };
}
