/**
 * What React Native adds to Hermes and the uploader relies on, and nothing else: no URL, TextEncoder, TextDecoder, crypto,
 * structuredClone, Symbol.asyncIterator. The AbortController is as poor as the one of React Native before 0.86: no `reason`, no
 * `throwIfAborted`, no `AbortSignal.any`.
 */
globalThis.console = { error: print, warn: print, info: print, log: print };
globalThis.queueMicrotask = (run) => {
  void Promise.resolve().then(run);
};
globalThis.AbortController = class AbortController {
  constructor() {
    const listeners = new Set();
    const signal = {
      aborted: false,
      onabort: null,
      addEventListener: (_type, run) => {
        listeners.add(run);
      },
      removeEventListener: (_type, run) => {
        listeners.delete(run);
      },
    };
    this.signal = signal;
    this.abort = () => {
      if (signal.aborted) return;
      signal.aborted = true;
      const event = { type: 'abort' };
      for (const run of [...listeners]) run.call(signal, event);
      if (signal.onabort) signal.onabort(event);
    };
  }
};
