import { type ItemState, isBusy, type UploadTotals } from '../list/item.js';
import { make, makeText, setAttribute, setText } from './dom.js';
import type { Format } from './format.js';
import type { Messages } from './messages.js';

export type Command = 'startAll' | 'pauseAll' | 'resumeAll' | 'retryAll' | 'clear';

const COMMANDS: readonly Command[] = ['startAll', 'pauseAll', 'resumeAll', 'retryAll', 'clear'];

/** Progress of everything, and what can be done about everything. */
export class Summary {
  readonly element = make('div', 'summary');
  readonly #finished = makeText('span', 'finished');
  readonly #figures = makeText('span', 'figures');
  readonly #fill = make('div', 'fill');
  readonly #track = make('div', 'track', this.#fill);
  readonly #buttons = new Map<Command, HTMLButtonElement>();
  /** Where the focus goes when its button goes away. */
  readonly #left: () => void;

  constructor(run: (command: Command) => void, left: () => void) {
    this.#left = left;
    const commands = make('div', 'commands');
    for (const command of COMMANDS) {
      const button = make('button', 'button');
      button.type = 'button';
      button.dataset.command = command;
      button.addEventListener('click', () => run(command));
      this.#buttons.set(command, button);
      commands.append(button);
    }
    this.#track.setAttribute('role', 'progressbar');
    this.#track.setAttribute('aria-valuemin', '0');
    this.#track.setAttribute('aria-valuemax', '100');
    this.element.append(make('div', 'totals', this.#finished, this.#figures), commands, this.#track);
    this.element.hidden = true;
  }

  show(totals: UploadTotals, held: boolean, messages: Messages, format: Format): void {
    const { count, items, loaded, total, fraction, bytesPerSecond, secondsLeft } = totals;
    const files = items - count.refused - count.canceled - count.unfinished;
    const busy = (Object.keys(count) as ItemState[]).some((state) => isBusy(state) && count[state] > 0);
    const pieces = [messages.loadedOf(format.bytes(loaded), format.bytes(total))];
    if (count.paused > 0) pieces.push(messages.paused(count.paused));
    if (count.failed > 0) pieces.push(messages.failed(count.failed));
    if (bytesPerSecond > 0) pieces.push(messages.perSecond(format.bytes(bytesPerSecond)));
    if (secondsLeft !== undefined && busy) pieces.push(messages.left(format.duration(secondsLeft)));
    setText(this.#finished, files > 0 ? messages.finished(count.success, files) : messages.uploads);
    setText(this.#figures, files > 0 ? pieces.join(' · ') : '');
    this.#track.hidden = files === 0;
    setAttribute(this.#track, 'aria-label', messages.overall);
    setAttribute(this.#track, 'aria-valuenow', String(Math.floor(fraction * 100)));
    this.#fill.style.inlineSize = `${(fraction * 100).toFixed(1)}%`;
    this.element.hidden = items === 0;
    const running = busy && !(held && count.queued === files - count.success - count.failed - count.paused);
    this.#offer(messages, {
      startAll: held && count.queued > 0,
      pauseAll: running,
      resumeAll: !running && count.paused > 0,
      retryAll: count.failed > 1,
      clear: count.success + count.canceled + count.refused > 0,
    });
  }

  #offer(messages: Messages, offered: Readonly<Record<Command, boolean>>): void {
    const { activeElement } = this.element.getRootNode() as ShadowRoot;
    for (const [command, button] of this.#buttons) {
      setText(button, messages[command]);
      button.hidden = !offered[command];
    }
    const [from] = [...this.#buttons].filter(([, button]) => button === activeElement && button.hidden);
    if (!from) return;
    // Pause and resume take each other's place.
    const twin = from[0] === 'pauseAll' ? 'resumeAll' : 'pauseAll';
    const next = this.#buttons.get(twin);
    if (from[0] !== 'clear' && next && !next.hidden) next.focus();
    else this.#left();
  }
}
