import { isFinished, type UploadItem } from '../list/item.js';
import { type Icon, make, makeIcon, makeText, setAttribute, setIcon, setText } from './dom.js';
import type { Format } from './format.js';
import type { Messages } from './messages.js';
import { ACTION_ICONS, type Action, actionsOf, STATE_ICONS } from './row-actions.js';

export interface RowContext {
  readonly messages: Messages;
  readonly format: Format;
  readonly held: boolean;
  act(action: Action, id: string): void;
}

/** Which of the two buttons of a row. */
export type Slot = 0 | 1;

/** One line of the list. Its elements stay when its item changes, and the focus with them. */
export class Row {
  readonly element = make('li', 'item');
  readonly id: string;
  index = -1;
  readonly #context: () => RowContext;
  readonly #icon = makeIcon('clock');
  readonly #name = makeText('span', 'name');
  readonly #meta = makeText('span', 'meta');
  readonly #note = makeText('span', 'note');
  readonly #fill = make('div', 'fill');
  readonly #track = make('div', 'track', this.#fill);
  readonly #buttons: readonly [HTMLButtonElement, HTMLButtonElement];
  #actions: readonly [Action | undefined, Action] = [undefined, 'remove'];
  #shown: UploadItem | undefined;
  #with: RowContext | undefined;

  constructor(id: string, context: () => RowContext) {
    this.id = id;
    this.#context = context;
    this.#buttons = [this.#button(0), this.#button(1)];
    this.#track.setAttribute('role', 'progressbar');
    this.#track.setAttribute('aria-valuemin', '0');
    this.#track.setAttribute('aria-valuemax', '100');
    const mark = make('span', 'mark', this.#icon);
    const text = make('div', 'text', this.#name, this.#meta, this.#note);
    this.element.append(mark, text, make('div', 'actions', ...this.#buttons), this.#track);
  }

  show(item: UploadItem): void {
    const context = this.#context();
    if (item === this.#shown && context === this.#with) return;
    this.#shown = item;
    this.#with = context;
    const { messages } = context;
    setAttribute(this.element, 'data-state', item.state);
    setAttribute(this.element, 'part', `item item-${item.state}`);
    setIcon(this.#icon, STATE_ICONS[item.state]);
    setText(this.#name, item.fileName);
    setAttribute(this.#name, 'title', item.fileName);
    setText(this.#meta, metaOf(item, context));
    setText(this.#note, noteOf(item, context));
    const still = item.state !== 'uploading' && item.progress.loaded === 0;
    this.#track.hidden = still || isFinished(item.state);
    const percent = Math.floor(item.progress.fraction * 100);
    setAttribute(this.#track, 'aria-label', messages.progressOf(item.fileName));
    setAttribute(this.#track, 'aria-valuenow', String(percent));
    this.#fill.style.inlineSize = `${(item.progress.fraction * 100).toFixed(1)}%`;
    this.#showActions(item, context);
  }

  place(index: number, of: number, top: number): void {
    this.index = index;
    setAttribute(this.element, 'aria-posinset', String(index + 1));
    setAttribute(this.element, 'aria-setsize', String(of));
    this.element.style.transform = `translateY(${top}px)`;
  }

  /** Of all rows one is reached by Tab, the others by arrow keys. */
  setCurrent(current: boolean): void {
    for (const button of this.#buttons) button.tabIndex = current ? 0 : -1;
  }

  /** @returns the button that has the focus */
  focused(): Slot | undefined {
    const root = this.element.getRootNode() as ShadowRoot;
    const at = this.#buttons.indexOf(root.activeElement as HTMLButtonElement);
    return at < 0 ? undefined : (at as Slot);
  }

  focus(slot: Slot): void {
    const [first, second] = this.#buttons;
    (slot === 0 && !first.hidden ? first : second).focus({ preventScroll: true });
  }

  press(slot: Slot): void {
    this.#buttons[slot].click();
  }

  #button(slot: Slot): HTMLButtonElement {
    const button = make('button', 'icon-button', makeIcon('close'));
    button.type = 'button';
    button.addEventListener('click', () => {
      const action = this.#actions[slot];
      if (action) this.#context().act(action, this.id);
    });
    return button;
  }

  #showActions(item: UploadItem, { messages, held }: RowContext): void {
    const focused = this.focused();
    this.#actions = actionsOf(item, held);
    for (const [slot, button] of this.#buttons.entries()) {
      const action = this.#actions[slot as Slot];
      button.hidden = action === undefined;
      if (action === undefined) continue;
      const name = messages[action];
      setAttribute(button, 'data-action', action);
      setAttribute(button, 'title', name);
      setAttribute(button, 'aria-label', messages.action(name, item.fileName));
      setIcon(button.firstElementChild as SVGSVGElement, ACTION_ICONS[action] satisfies Icon);
    }
    // The button that was pressed is gone: the place in the page must not go with it.
    if (focused === 0 && this.#buttons[0].hidden) this.focus(1);
  }
}

function metaOf({ state, size, progress }: UploadItem, { messages, format }: RowContext): string {
  const { loaded, bytesPerSecond, secondsLeft } = progress;
  const begun = loaded > 0 && state !== 'success' && state !== 'canceled';
  const pieces = [
    messages.state[state],
    begun ? messages.loadedOf(format.bytes(loaded), format.bytes(size)) : format.bytes(size),
  ];
  if (state === 'uploading' && bytesPerSecond > 0) {
    pieces.push(messages.perSecond(format.bytes(bytesPerSecond)));
    if (secondsLeft !== undefined) pieces.push(messages.left(format.duration(secondsLeft)));
  }
  return pieces.join(' · ');
}

function noteOf({ refusal, error, needsFile }: UploadItem, { messages, format }: RowContext): string {
  if (refusal) {
    const { reason, limit } = refusal;
    return messages.refused[reason](
      reason === 'type' ? listed(limit) : reason === 'size' ? format.bytes(limit) : String(limit),
    );
  }
  if (error) return messages.errors[error.code] ?? error.message;
  return needsFile ? messages.needsFile : '';
}

/** `accept` as people read it. */
export const listed = (accept: string): string =>
  accept
    .split(',')
    .map((token) => token.trim())
    .join(', ');
