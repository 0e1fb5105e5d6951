import type { Messages, Said } from './messages.js';

const PAUSE_MS = 1000;

/**
 * Tells screen readers what happened: after a moment of collecting, in one sentence a kind, so that a thousand files
 * finishing are a few announcements. Progress is never announced; progress bars can be asked.
 */
export class Announcer {
  readonly #region: HTMLElement;
  readonly #messages: () => Messages;
  readonly #waiting = new Map<Said, { files: number; name: string }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(region: HTMLElement, messages: () => Messages) {
    this.#region = region;
    this.#messages = messages;
  }

  say(what: Said, name: string, files = 1): void {
    if (files === 0) return;
    const before = this.#waiting.get(what);
    this.#waiting.set(what, { files: (before?.files ?? 0) + files, name: before ? '' : name });
    this.#timer ??= setTimeout(() => this.#speak(), PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #speak(): void {
    const { said } = this.#messages();
    const sentences = [...this.#waiting].map(([what, { files, name }]) => said[what](files, name));
    this.stop();
    // A new element: the same sentence twice is announced twice.
    const line = document.createElement('p');
    line.textContent = sentences.join('. ');
    this.#region.replaceChildren(line);
  }
}
