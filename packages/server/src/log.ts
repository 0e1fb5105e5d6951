import pino from 'pino';
import type { ServerConfig } from './config.js';
import type { Log } from './runtime.js';

/**
 * One JSON line an entry, on standard error; standard output is for the operator. The paths are a second line of
 * defence: no room hands a secret to the log in the first place.
 */
export function serverLog(level: ServerConfig['logLevel']): Log {
  return pino(
    {
      level,
      base: null,
      redact: ['*.secret', '*.accessKeySecret', '*.securityToken', '*.authorization', '*.password'],
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
