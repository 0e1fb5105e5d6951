const LONGEST_MS = 10;

/**
 * For who asks for many permissions in one request: a policy of the caller's own making can take a millisecond and more for each, and
 * as long as nothing else is waited for, nobody else is served.
 * @returns to be called again and again; lets the others in when their turn has come
 */
export function breather(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < LONGEST_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}
