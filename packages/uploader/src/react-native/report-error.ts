/**
 * Where exceptions of listeners go: React Native's own reporter, which shows them in development and never ends a released
 * application. There is no `reportError` in React Native, and an exception thrown into the void is fatal there.
 */
export function reportToReactNative(error: unknown): void {
  const { ErrorUtils } = globalThis as { ErrorUtils?: { reportError?: (error: unknown) => void } };
  if (typeof ErrorUtils?.reportError === 'function') ErrorUtils.reportError(error);
  else console.error(error);
}
