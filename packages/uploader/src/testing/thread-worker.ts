import { resolveObjectURL } from 'node:buffer';
import { Worker as Thread } from 'node:worker_threads';

// What a worker of a browser has, on a thread of Node.
const SCOPE = `
  const { parentPort } = require('node:worker_threads');
  globalThis.self = {
    postMessage: (message) => parentPort.postMessage(message),
    set onmessage(run) { parentPort.on('message', (data) => run({ data })); },
  };
`;

/** The `Worker` of browsers, as far as the hasher uses it: really another thread, started from a `blob:` URL. */
export class ThreadWorker {
  static started = 0;
  static running = 0;

  onmessage: ((event: { data: unknown }) => void) | undefined;
  onerror: ((event: Event) => void) | undefined;
  #thread: Promise<Thread>;

  constructor(url: string) {
    ThreadWorker.started++;
    ThreadWorker.running++;
    const blob = resolveObjectURL(url);
    if (!blob) throw new Error(`Nothing behind ${url}`);
    this.#thread = blob.text().then((source) => {
      const thread = new Thread(SCOPE + this.source(source), { eval: true });
      thread.on('message', (data) => this.onmessage?.({ data }));
      thread.on('error', () => this.onerror?.(new Event('error')));
      return thread;
    });
  }

  /** Tests that need a broken worker change what it runs. */
  protected source(text: string): string {
    return text;
  }

  postMessage(message: unknown): void {
    void this.#thread.then((thread) => thread.postMessage(message));
  }

  terminate(): void {
    ThreadWorker.running--;
    void this.#thread.then((thread) => thread.terminate());
  }
}
