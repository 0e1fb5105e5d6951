/** How long the page's main thread keeps the screen waiting. */

export interface ThreadReport {
  readonly frames: number;
  /** Milliseconds between two frames. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Milliseconds of tasks above 50 ms, longest first; `undefined` where the engine does not tell (only Chromium does). */
  readonly longTasks: readonly number[] | undefined;
}

/** @returns a function that stops watching and reports */
export function watchThread(): () => ThreadReport {
  const gaps: number[] = [];
  let last = performance.now();
  let running = true;
  const frame = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    if (running) requestAnimationFrame(frame);
  };
  requestAnimationFrame(() => {
    last = performance.now();
    requestAnimationFrame(frame);
  });
  const supported = PerformanceObserver.supportedEntryTypes.includes('longtask');
  const tasks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  });
  if (supported) observer.observe({ type: 'longtask' });
  return () => {
    running = false;
    for (const { duration } of observer.takeRecords()) tasks.push(duration);
    observer.disconnect();
    const sorted = gaps.sort((a, b) => a - b);
    const at = (share: number) => Math.round(10 * (sorted[Math.floor(share * (sorted.length - 1))] ?? 0)) / 10;
    return {
      frames: gaps.length,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      longTasks: supported ? tasks.sort((a, b) => b - a).map(Math.round) : undefined,
    };
  };
}
