type Advice = (code: string) => string | undefined;

/** What to do about errors: loaded ahead of them, with the first file that is opened. Until it is there errors go without. */
export function lateAdvice(): { readonly advice: Advice; prepare(): Promise<void> } {
  let known: Advice | undefined;
  let loading = false;
  return {
    advice: (code) => known?.(code),
    async prepare() {
      if (loading) return;
      loading = true;
      try {
        known = (await import('../core/advice.js')).adviceFor;
      } catch {
        // Without a connection; the next file tries again.
        loading = false;
      }
    },
  };
}
