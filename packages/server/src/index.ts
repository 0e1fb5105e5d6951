export { bootstrapAdministrator } from './administrator/bootstrap-administrator.js';
export { type AdministratorKey, AdministratorRefused } from './administrator/make-administrator.js';
export type { AuditLine, AuditRequest } from './audit/audit-request.js';
export type { ShownRecord } from './audit/show-record.js';
export type { AuditReport } from './audit/verify.js';
export { AuditRefused, readAudit } from './audit-reader.js';
export { CommandRefused } from './command-refused.js';
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
export { listKeys, rotateKeys } from './keys/key-control.js';
export type { KeyState } from './keys/key-keeper.js';
export type { ScrubTally } from './oss/scrub/scrub-pass.js';
export type { QuarantinedBlob, ScrubReport } from './oss/scrub/scrub-report.js';
export type { Clock, Log, Random } from './runtime.js';
export { scrubRunning } from './scrub-running.js';
export { scrubStopped } from './scrub-stopped.js';
export { type RunningServer, StartFailed, type StartOptions, startServer } from './server.js';
export type { GivenRevocation } from './sts/revocation/revocation-commands.js';
export {
  liftRevocation,
  listRevocationsOf,
  revoke,
} from './sts/revocation/revocation-control.js';
export type { Revoked, ShownRevocation } from './sts/revocation/revoke-sessions.js';
