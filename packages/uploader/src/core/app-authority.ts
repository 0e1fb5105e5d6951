/** Credential mode: the application's back end calls VOD and hands the answer through. Reference: vod 0 (V2). */
import type { AuthContext, AuthFunction } from '../api.js';
import { backoff, RetryBudget } from './backoff.js';
import type { Line } from './exchange.js';
import { type GrantCall, type MediaAuthority, type MediaGrant, readGrant } from './media-authority.js';
import { isMediaGone } from './refusal.js';
import type { Settings } from './settings.js';
import { asUploadError, codeOf, UploadError } from './upload-error.js';
import { inTime, isOffline, rest, whenOnline } from './waiting.js';

export function appAuthority<File>(
  line: Line,
  settings: Settings,
  auth: AuthFunction<File>,
  file: File,
): MediaAuthority {
  const once = async (kind: AuthContext['kind'], grant: GrantCall, videoId?: string): Promise<MediaGrant> => {
    const { meta, reason, signal } = grant;
    const askedAt = line.serverClock.now();
    try {
      const answer = await auth({ kind, file, meta, videoId, reason, signal });
      return readGrant(answer, line.serverClock, askedAt);
    } catch (error) {
      // The back end's own error may carry the code of the service.
      const code = codeOf(error);
      throw code !== undefined && isMediaGone(code) && !(error instanceof UploadError)
        ? new UploadError(code, `The media ${videoId ?? ''} is gone from the server.`, { cause: error })
        : asUploadError(error, 'CredentialsFailed', 'auth() failed');
    }
  };
  const ask = (kind: AuthContext['kind'], grant: GrantCall, videoId?: string) =>
    inTime(line.env.clock, settings.credentialsTimeout, grant.signal, (signal) =>
      once(kind, { ...grant, signal }, videoId),
    );
  return {
    create: (kind, grant) => repeated(line, settings, grant, () => ask(`create-${kind}`, grant)),
    refresh: (videoId, grant) => ask('refresh-video', grant, videoId),
  };
}

async function repeated<T>(line: Line, settings: Settings, grant: GrantCall, run: () => Promise<T>): Promise<T> {
  const budget = new RetryBudget(settings.retryCount);
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof UploadError && error.retryable) || grant.signal.aborted) throw error;
      if (isOffline(line.env)) {
        await whenOnline(line.env, grant.signal);
        continue;
      }
      const number = budget.take();
      if (number === undefined) throw error;
      const delay = backoff(line.env.random, settings.retryDelay, number);
      grant.onRetry(error, number + 1, delay);
      await rest(line.env, delay, grant.signal);
    }
  }
}
