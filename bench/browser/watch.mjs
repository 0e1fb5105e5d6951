/** Watches how long the page could not answer its user: the longest task, and the longest gap between two frames. */

/** @template T @param {() => Promise<T>} act */
globalThis.watched = async (act) => {
  let longestTask = 0;
  let longestGap = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
  });
  observer.observe({ type: 'longtask' });
  let last = performance.now();
  let running = true;
  const frame = () => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - last);
    last = now;
    if (running) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const started = performance.now();
  await act();
  const seconds = (performance.now() - started) / 1000;
  running = false;
  // Entries come a moment after their tasks.
  await new Promise((done) => setTimeout(done, 100));
  observer.disconnect();
  return { seconds, longestTask, longestGap };
};
