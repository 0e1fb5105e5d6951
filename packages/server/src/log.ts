import pino from 'pino';
import type { ServerConfig } from './config.js';
import { logLines } from './log-lines.js';
import type { Log } from './runtime.js';

/**
 * One JSON line an entry, on standard error; standard output is for the operator. The paths are a second line of
 * defence: no room hands a secret to the log in the first place.
 */
export function serverLog(level: ServerConfig['logLevel']): Log {
  const log = pino(
    {
      level,
      base: null,
      redact: ['*.secret', '*.accessKeySecret', '*.securityToken', '*.authorization', '*.password'],
    },
    logLines(2, (lines) => log.warn({ lines }, 'lines of this log could not be written')),
  );
  return log;
}
