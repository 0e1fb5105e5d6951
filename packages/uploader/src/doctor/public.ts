/** What both entries of the doctor export beside their own `checkUpload`. */
export type { CertificateFacts, CheckOptions, CheckPieces, Reach } from './check-context.js';
export { checkUploadOn } from './check-upload.js';
export { describeFinding, describeReport } from './describe.js';
export type { CheckId, CheckReport, Finding, FindingDetail, FindingStatus } from './finding.js';
