export interface Deadline {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** The outcome of `work`, or a rejection when the time is over first. */
  within<T>(work: Promise<T>): Promise<T>;
  clear(): void;
}

export function deadline(ms: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  const { signal } = controller;
  return {
    signal,
    within: (work) =>
      new Promise((resolve, reject) => {
        const late = (): void => reject(new Error(`Not done within ${ms} ms`));
        if (signal.aborted) late();
        signal.addEventListener('abort', late, { once: true });
        work.then(resolve, reject).finally(() => signal.removeEventListener('abort', late));
      }),
    clear: () => clearTimeout(timer),
  };
}
