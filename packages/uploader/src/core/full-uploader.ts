/** The uploader with all it can do. */
import type { UnfinishedUpload, UploadBatch, Uploader, UploaderOptions, UploadOptions } from '../api.js';
import type { CheckOptions } from '../doctor/check-context.js';
import type { CheckReport } from '../doctor/finding.js';
import type { Checkpoint, Platform } from '../ports.js';
import { Batch } from './batch.js';
import { instantUpload } from './instant.js';
import { AdaptiveLink } from './link-control.js';
import { readGrant } from './media-authority.js';
import { sendOss } from './oss-send.js';
import { isMediaGone } from './refusal.js';
import { sharedToken } from './shared-token.js';
import { listUnfinished } from './unfinished.js';
import { codeOf, localError } from './upload-error.js';
import { type Features, type InternalOptions, UploaderCore } from './uploader.js';

const FEATURES: Features = {
  link: (settings) => new AdaptiveLink(settings),
  token: sharedToken,
  instant: (callVod, { digests }) => instantUpload(callVod, digests),
};

/** @throws UploadError `InvalidOption` */
export function createUploaderOn<File>(
  platform: Platform<File>,
  options: UploaderOptions<File>,
  internal: InternalOptions = {},
): Uploader<File> {
  return new FullUploader(platform, options, internal, FEATURES);
}

class FullUploader<File> extends UploaderCore<File> implements Uploader<File> {
  uploadAll(
    files: Iterable<File> | AsyncIterable<File>,
    options?: UploadOptions | ((file: File) => UploadOptions),
  ): UploadBatch {
    const { clock, reportError } = this.line.env;
    const host = {
      clock,
      upload: (file: File, meta: UploadOptions) => this.upload(file, meta),
      report: reportError,
    };
    return new Batch(host, files, options);
  }

  unfinished(): Promise<readonly UnfinishedUpload<File>[]> {
    const { callVod, checkpoints, platform, settings } = this;
    const host = {
      platform,
      account: settings.account,
      checkpoints,
      callVod,
      begin: this.begin.bind(this),
      abandon: (record: Checkpoint, signal: AbortSignal) => this.#abandon(record, signal),
    };
    return listUnfinished<File>(host, this.lifetime.signal);
  }

  check(options?: CheckOptions): Promise<CheckReport> {
    const { checkUpload } = this.platform;
    if (checkUpload) return checkUpload(this.options, options);
    return Promise.reject(localError('InvalidOption', 'There is no doctor for this platform.'));
  }

  /** Removes an unfinished upload from the server. In credential mode the server removes it by itself, after some days. */
  async #abandon({ uploadId, videoId }: Checkpoint, signal: AbortSignal): Promise<void> {
    const { callVod, line, settings } = this;
    if (!callVod) return;
    try {
      const askedAt = line.serverClock.now();
      const call = { signal, onRetry: () => {} };
      const answer = await callVod('RefreshUploadVideo', { VideoId: videoId }, call);
      const { auth, target } = readGrant(answer, line.serverClock, askedAt);
      if (!target) return;
      await sendOss(line, settings, target, auth, { method: 'DELETE', query: [['uploadId', uploadId]] }, signal);
    } catch (error) {
      const code = codeOf(error) ?? '';
      if (code !== 'NoSuchUpload' && !isMediaGone(code)) throw error;
    }
  }
}
