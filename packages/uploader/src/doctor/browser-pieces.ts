import type { BrowserFile } from '../browser/browser-file.js';
import { browserPlatform } from '../browser/platform.js';
import type { CheckPieces, Reach } from './check-context.js';

/** What the doctor needs in a page. Made anew for each check. */
export function browserCheckPieces(): CheckPieces<BrowserFile> {
  const env = browserPlatform();
  // Of the page, also in its workers and frames without a URL of their own; `null` in a sandboxed frame.
  const { origin } = globalThis;
  return {
    env,
    probeFile: (size, name) => new File([new Uint8Array(size)], name, { type: 'video/mp4' }),
    page: { origin, secure: globalThis.location.protocol === 'https:' || origin.startsWith('https:') },
    reach,
  };
}

/**
 * An answer of any kind, without a look at it: `no-cors` takes CORS out of the question. What the page itself forbids is
 * told by an event.
 */
async function reach(url: string, signal: AbortSignal): Promise<Reach> {
  let forbidden = false;
  const onViolation = (event: Event): void => {
    const { blockedURI, effectiveDirective } = event as SecurityPolicyViolationEvent;
    // May also be a word (`inline`), never for a connection.
    const blocked = /^\w+:\/\/[^/]+/.exec(blockedURI)?.[0];
    if (effectiveDirective === 'connect-src' && blocked === new URL(url).origin) forbidden = true;
  };
  globalThis.addEventListener('securitypolicyviolation', onViolation);
  try {
    await fetch(url, { mode: 'no-cors', cache: 'no-store', credentials: 'omit', redirect: 'follow', signal });
    return 'answered';
  } catch {
    // The event comes in a task of its own.
    await new Promise((done) => setTimeout(done, 0));
    return forbidden ? 'forbidden-by-page' : 'silent';
  } finally {
    globalThis.removeEventListener('securitypolicyviolation', onViolation);
  }
}
