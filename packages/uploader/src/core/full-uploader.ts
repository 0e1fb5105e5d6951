/** The uploader with all it can do. */
import type {
  BatchEvents,
  UnfinishedOptions,
  UnfinishedUpload,
  UploadBatch,
  Uploader,
  UploaderOptions,
  UploadOptions,
} from '../api.js';
import type { CheckOptions } from '../doctor/check-context.js';
import type { CheckReport } from '../doctor/finding.js';
import type { Platform } from '../ports.js';
import { checkBandwidth } from './check-options.js';
import { Emitter } from './emitter.js';
import { FEATURES } from './features.js';
import { smallFilesAtOnce } from './file-queue.js';
import { LateBatch } from './late-batch.js';
import { AdaptiveLink } from './link-control.js';
import { loaded } from './load.js';
import { readGrant } from './media-authority.js';
import { sharedToken } from './shared-token.js';
import { videoParams } from './sts-authority.js';
import { localError } from './upload-error.js';
import { type Features, type InternalOptions, UploaderCore } from './uploader.js';

const ALL: Features = {
  ...FEATURES,
  link: (settings) => new AdaptiveLink(settings),
  token: sharedToken,
  instant:
    (callVod, { digests, extras }) =>
    async (call) => {
      // Not loaded: then the bytes are sent.
      const instantUpload = await extras?.().then(
        (module) => module.instantUpload,
        () => undefined,
      );
      return instantUpload?.(callVod, digests, videoParams)(call);
    },
};

/** @throws UploadError `InvalidOption` */
export function createUploaderOn<File>(
  platform: Platform<File>,
  options: UploaderOptions<File>,
  internal: InternalOptions = {},
): Uploader<File> {
  return new FullUploader(platform, options, internal, ALL);
}

class FullUploader<File> extends UploaderCore<File> implements Uploader<File> {
  get bandwidth(): number | undefined {
    return this.pace.limit;
  }
  set bandwidth(limit: number | undefined) {
    checkBandwidth(limit);
    this.pace.limit = limit;
  }

  uploadAll(
    files: Iterable<File> | AsyncIterable<File>,
    options?: UploadOptions | ((file: File) => UploadOptions),
  ): UploadBatch {
    const { clock, reportError } = this.line.env;
    const emitter = new Emitter<BatchEvents>((error) => reportError(error));
    const upload = (file: File, meta: UploadOptions) => this.upload(file, meta);
    const ahead = smallFilesAtOnce(this.settings.maxParallel) + 2;
    const begin = loaded(this.platform.extras).then(
      ({ Batch }) =>
        () =>
          new Batch({ clock, emitter, ahead, upload }, files, options),
    );
    return new LateBatch(emitter, begin);
  }

  async unfinished({ server = true }: UnfinishedOptions = {}): Promise<readonly UnfinishedUpload<File>[]> {
    const { callVod, checkpoints, lifetime, line, platform, settings } = this;
    const { listUnfinished } = await loaded(platform.extras);
    const begin = this.begin.bind(this);
    const read = (answer: Record<string, unknown>) => readGrant(answer, line.serverClock, line.serverClock.now());
    const host = { platform, settings, line, checkpoints, callVod, begin, readGrant: read };
    return listUnfinished<File>(host, lifetime.signal, server);
  }

  check(options?: CheckOptions): Promise<CheckReport> {
    const { checkUpload } = this.platform;
    if (checkUpload) return checkUpload(this.options, options);
    return Promise.reject(localError('InvalidOption', 'There is no doctor for this platform.'));
  }
}
