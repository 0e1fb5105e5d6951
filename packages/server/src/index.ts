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
export type { Clock, Log, Random } from './runtime.js';
export { type RunningServer, StartFailed, type StartOptions, startServer } from './server.js';
