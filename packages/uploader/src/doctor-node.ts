/** Finds what would make uploads fail before a real file is sent. The entry for Node. */
import type { UploaderOptions } from './api.js';
import type { CheckOptions } from './doctor/check-context.js';
import { checkUploadOn } from './doctor/check-upload.js';
import type { CheckReport } from './doctor/finding.js';
import { nodeCheckPieces } from './doctor/node-pieces.js';
import type { NodeFile } from './node/file-source.js';

/**
 * Finds what would make uploads fail, before a real file is sent.
 *
 * @param options those of `createUploader`
 * @throws UploadError `Canceled`
 *
 * @example
 * const report = await checkUpload({ endpoint, credentials }, { probe: true, origin: 'https://app.example.com' });
 * if (!report.ok) console.error(describeReport(report));
 */
export async function checkUpload(options: UploaderOptions<NodeFile>, check?: CheckOptions): Promise<CheckReport> {
  const pieces = nodeCheckPieces();
  try {
    return await checkUploadOn(pieces, options, check);
  } finally {
    pieces.env.http.close?.();
  }
}

export * from './doctor/public.js';
