export type { AuditLine, AuditRequest } from './audit/audit-request.js';
export type { ShownRecord } from './audit/show-record.js';
export type { AuditReport } from './audit/verify.js';
export { AuditRefused, readAudit } from './audit-reader.js';
export {
  type Address,
  ConfigInvalid,
  type ConfigName,
  configShape,
  isLoopback,
  parseAddress,
  parseConfig,
  type ServerConfig,
} from './config.js';
export type { CredentialsFile } from './installation.js';
export type { ScrubTally } from './oss/scrub/scrub-pass.js';
export type { QuarantinedBlob, ScrubReport } from './oss/scrub/scrub-report.js';
export type { Clock, Log, Random } from './runtime.js';
export { scrubRunning } from './scrub-running.js';
export { ScrubRefused, scrubStopped } from './scrub-stopped.js';
export { type RunningServer, StartFailed, type StartOptions, startServer } from './server.js';
