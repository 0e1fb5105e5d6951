import { nodeDigests } from '@sluice/wire/node';
import type { Uploader, UploaderOptions } from '../api.js';
import { adviceFor } from '../core/advice.js';
import * as extras from '../core/extras.js';
import { fastHasher } from '../core/fast-crc64.js';
import { createUploaderOn } from '../core/full-uploader.js';
import { reportGlobally, systemClock, systemRandom } from '../core/system.js';
import { localError } from '../core/upload-error.js';
import type { Platform } from '../ports.js';
import { FileCheckpoints } from './file-checkpoints.js';
import { type NodeFile, openNodeFile, sizeOfNodeFile } from './file-source.js';
import { NodeHttpStack } from './node-http-stack.js';
import { readParsedXml } from './parsed-xml.js';

const CONNECTIONS = 64;

/** Options of `createUploader` in Node. */
export interface NodeUploaderOptions<Source extends NodeFile = NodeFile> extends UploaderOptions<Source> {
  /** Directory of the checkpoint files. Default `$XDG_STATE_HOME/sluice/uploads` or `~/.local/state/sluice/uploads`. */
  readonly directory?: string | undefined;
}

/**
 * An uploader for Node. Files are read while they are sent: memory does not depend on the part size.
 *
 * @example
 * const uploader = createUploader({ endpoint: 'http://127.0.0.1:8400', credentials: fetchToken });
 * const { videoId } = await uploader.upload('/videos/talk.mp4');
 * uploader.close();
 *
 * @typeParam Source what is uploaded, when it is only one of the kinds, e.g. `string`
 * @throws UploadError `InvalidOption`
 */
export function createUploader<Source extends NodeFile = NodeFile>(
  options: NodeUploaderOptions<Source>,
): Uploader<Source> {
  return createUploaderOn(nodePlatform(options.directory) as Platform<NodeFile> as Platform<Source>, options);
}

/** @param directory of the checkpoint files */
export function nodePlatform(directory?: string): Platform<NodeFile> {
  return {
    http: new NodeHttpStack(),
    clock: systemClock,
    random: systemRandom,
    digests: nodeDigests,
    hasher: fastHasher,
    maxParallel: CONNECTIONS,
    readXml: readParsedXml,
    advice: adviceFor,
    reportError: reportGlobally,
    extras: async () => extras,
    open: openNodeFile,
    sizeOf: sizeOfNodeFile,
    reopen: async (handle) => {
      if (typeof handle === 'string') return handle;
      throw localError('FileUnreadable', 'The file has to be named again.');
    },
    checkUpload: async (options, check) => (await import('../doctor-node.js')).checkUpload(options, check),
    checkpoints: () => new FileCheckpoints(directory),
  };
}
