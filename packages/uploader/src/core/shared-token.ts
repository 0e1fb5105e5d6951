/** One STS token for all tabs of an account. */
import type { StsCredentials } from '../api.js';
import type { Platform } from '../ports.js';
import type { Renewed, RenewReason } from './renewable.js';
import { onAbort, unlessAborted } from './waiting.js';

type Load = (reason: RenewReason, signal: AbortSignal) => Promise<Renewed<StsCredentials>>;

/**
 * Tabs take turns at asking for a token, and each hears what another one got. A refused token is never taken again, only
 * one that is newer. Tokens stay inside the origin of the page.
 */
export function sharedToken(
  load: Load,
  { tabs, clock }: Pick<Platform<unknown>, 'clock' | 'tabs'>,
  name: string,
  lifetime: AbortSignal,
): Load {
  if (!tabs) return load;
  let used: string | undefined;
  let heard: Renewed<StsCredentials> | undefined;
  let own: Renewed<StsCredentials> | undefined;
  let listening = false;
  const listen = () => {
    if (listening) return;
    listening = true;
    const stop = tabs.listen(name, (message) => {
      if (message === ASK) {
        if (own) tabs.tell(name, own);
      } else heard = message as Renewed<StsCredentials>;
    });
    onAbort(lifetime, stop);
  };
  const take = () => {
    const fresh = heard;
    if (!fresh || fresh.value.securityToken === used || (fresh.expiresAt ?? 0) <= clock.now()) return undefined;
    return fresh;
  };
  return (reason, signal) => {
    listen();
    return tabs.exclusive(
      name,
      signal,
      () => {},
      async () => {
        if (!take()) {
          tabs.tell(name, ASK);
          await tabs.settle();
        }
        const others = take();
        // A function that never answers must not keep the turn of all tabs.
        const token = others ?? (await unlessAborted(load(reason, signal), signal));
        used = token.value.securityToken;
        own = token;
        if (!others) tabs.tell(name, token);
        return token;
      },
    );
  };
}

const ASK = 'ask';
