import { nodeDigests } from '@sluice/wire/node';
import type { Uploader, UploaderOptions } from '../api.js';
import { chunkedHasher } from '../core/chunked-hasher.js';
import { reportGlobally, systemClock, systemRandom } from '../core/system.js';
import { createUploaderOn } from '../core/uploader.js';
import type { Platform } from '../ports.js';
import { FileCheckpoints } from './file-checkpoints.js';
import { type NodeFile, openNodeFile } from './file-source.js';
import { NodeHttpStack } from './node-http-stack.js';
import { readParsedXml } from './parsed-xml.js';

export interface NodeUploaderOptions extends UploaderOptions<NodeFile> {
  /** Directory of the checkpoint files. Default `$XDG_STATE_HOME/sluice/uploads` or `~/.local/state/sluice/uploads`. */
  readonly directory?: string | undefined;
}

/**
 * An uploader for Node. Memory is parallel files × parallel parts × part size.
 *
 * @example
 * const uploader = createUploader({ endpoint: 'http://127.0.0.1:8400', credentials: fetchToken });
 * const { videoId } = await uploader.upload('/videos/talk.mp4').done;
 * uploader.close();
 *
 * @throws UploadError `InvalidOption`
 */
export function createUploader(options: NodeUploaderOptions): Uploader<NodeFile> {
  return createUploaderOn(nodePlatform(options.directory), options);
}

/** @param directory of the checkpoint files */
export function nodePlatform(directory?: string): Platform<NodeFile> {
  return {
    http: new NodeHttpStack(),
    clock: systemClock,
    random: systemRandom,
    digests: nodeDigests,
    hasher: chunkedHasher,
    readXml: readParsedXml,
    reportError: reportGlobally,
    open: openNodeFile,
    checkpoints: () => new FileCheckpoints(directory),
  };
}
