/** Finds what would make uploads fail before a real file is sent. The entry for browsers. */
import type { UploaderOptions } from './api.js';
import type { BrowserFile } from './browser/browser-file.js';
import { browserCheckPieces } from './doctor/browser-pieces.js';
import type { CheckOptions } from './doctor/check-context.js';
import { checkUploadOn } from './doctor/check-upload.js';
import type { CheckReport } from './doctor/finding.js';

/**
 * Finds what would make uploads fail, before a real file is sent.
 *
 * @param options those of `createUploader`
 * @throws UploadError `Canceled`
 *
 * @example
 * const report = await checkUpload({ endpoint, credentials }, { probe: true });
 * if (!report.ok) console.error(describeReport(report));
 */
export function checkUpload(options: UploaderOptions<BrowserFile>, check?: CheckOptions): Promise<CheckReport> {
  return checkUploadOn(browserCheckPieces(), options, check);
}

export * from './doctor/public.js';
