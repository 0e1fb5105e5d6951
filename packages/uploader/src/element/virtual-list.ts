import type { UploadItem } from '../list/item.js';
import { make, setAttribute } from './dom.js';
import { Offsets } from './offsets.js';
import { Row, type RowContext, type Slot } from './row.js';

/** Rows beyond the edges: enough for Tab and arrow keys to find the next one. */
const OVERSCAN = 4;

/** Shows only the rows that are in sight, and the one that holds the focus. */
export class VirtualList {
  readonly element = make('div', 'list');
  readonly #ul = make('ul', 'items');
  readonly #context: () => RowContext;
  readonly #get: (id: string) => UploadItem | undefined;
  /** Where the focus goes when the last row went away under it. */
  readonly #emptied: () => void;
  readonly #offsets = new Offsets();
  readonly #rows = new Map<string, Row>();
  readonly #sizes: ResizeObserver;
  #current = '';
  #height = 600;
  #width = 0;

  constructor(context: () => RowContext, get: (id: string) => UploadItem | undefined, emptied: () => void) {
    this.#context = context;
    this.#get = get;
    this.#emptied = emptied;
    this.#ul.setAttribute('role', 'list');
    this.element.append(this.#ul);
    this.element.addEventListener('scroll', () => this.#draw());
    this.#ul.addEventListener('keydown', (event) => this.#key(event));
    this.#ul.addEventListener('focusin', (event) => this.#focused(event.target as Node));
    this.#sizes = new ResizeObserver((entries) => this.#resized(entries));
  }

  connect(): void {
    this.#sizes.observe(this.element);
    for (const { element } of this.#rows.values()) this.#sizes.observe(element);
  }

  disconnect(): void {
    this.#sizes.disconnect();
  }

  describe(label: string, keysId: string): void {
    setAttribute(this.#ul, 'aria-label', label);
    setAttribute(this.#ul, 'aria-describedby', keysId);
  }

  /** Draws what changed of the rows in sight. */
  show(ids: readonly string[]): void {
    if (ids !== this.#offsets.ids) this.#renew(ids);
    this.#draw();
    for (const row of this.#rows.values()) this.#fill(row);
  }

  #renew(ids: readonly string[]): void {
    const lost = this.#rows.get(this.#current);
    const slot = lost?.focused();
    this.#offsets.ids = ids;
    if (lost && this.#get(lost.id)) return;
    const next = ids[Math.min(lost?.index ?? 0, ids.length - 1)];
    this.#setCurrent(next ?? '');
    if (slot === undefined) return;
    if (next === undefined) this.#emptied();
    else this.#focus(ids.indexOf(next), 1);
  }

  #draw(): void {
    const { ids } = this.#offsets;
    const top = this.element.scrollTop;
    this.#ul.style.blockSize = `${this.#offsets.total}px`;
    const first = Math.max(0, this.#offsets.at(top) - OVERSCAN);
    const last = Math.min(ids.length - 1, this.#offsets.at(top + this.#height) + OVERSCAN);
    const wanted = this.#wanted(first, last);
    const keep = new Set(wanted.map((index) => ids[index]));
    for (const [id, row] of this.#rows) if (!keep.has(id)) this.#drop(id, row);
    let next = this.#ul.firstElementChild;
    for (const index of wanted) {
      const row = this.#row(ids[index] as string);
      row.place(index, ids.length, this.#offsets.top(index));
      // Rows never change their order: only new ones are put in, none with the focus is moved.
      if (row.element === next) next = next.nextElementSibling;
      else this.#ul.insertBefore(row.element, next);
    }
  }

  /** What is in sight, and the row that Tab reaches wherever it is. */
  #wanted(first: number, last: number): number[] {
    const wanted = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    const current = this.#indexOfCurrent();
    if (current >= 0 && current < first) wanted.unshift(current);
    else if (current > last) wanted.push(current);
    return wanted;
  }

  #indexOfCurrent(): number {
    const { ids } = this.#offsets;
    const before = this.#rows.get(this.#current)?.index ?? 0;
    if (ids[before] === this.#current) return before;
    return ids.indexOf(this.#current);
  }

  #row(id: string): Row {
    const found = this.#rows.get(id);
    if (found) return found;
    const row = new Row(id, this.#context);
    if (this.#current === '') this.#current = id;
    row.setCurrent(id === this.#current);
    this.#rows.set(id, row);
    this.#fill(row);
    this.#sizes.observe(row.element);
    return row;
  }

  #fill(row: Row): void {
    const item = this.#get(row.id);
    if (item) row.show(item);
  }

  #drop(id: string, row: Row): void {
    this.#sizes.unobserve(row.element);
    this.#rows.delete(id);
    row.element.remove();
  }

  #resized(entries: readonly ResizeObserverEntry[]): void {
    const own = entries.find(({ target }) => target === this.element);
    if (own) {
      this.#height = own.contentRect.height || this.#height;
      const { width } = own.contentRect;
      if (this.#width !== 0 && width !== this.#width) this.#offsets.forget();
      this.#width = width;
    }
    const top = this.#offsets.at(this.element.scrollTop);
    const before = this.#offsets.top(top);
    let moved = own !== undefined;
    const all = own ? [...this.#rows.values()] : [];
    for (const row of all) moved = this.#offsets.measured(row.id, row.element.offsetHeight) || moved;
    for (const { target, borderBoxSize } of own ? [] : entries) {
      const row = [...this.#rows.values()].find(({ element }) => element === target);
      const height = borderBoxSize[0]?.blockSize ?? 0;
      if (row) moved = this.#offsets.measured(row.id, height) || moved;
    }
    if (!moved) return;
    // What is read stays where it is while rows above it turn out to be higher.
    const shift = this.#offsets.top(top) - before;
    this.#draw();
    if (shift !== 0 && this.element.scrollTop > 0) this.element.scrollTop += shift;
  }

  #focused(target: Node): void {
    for (const row of this.#rows.values()) if (row.element.contains(target)) this.#setCurrent(row.id);
  }

  #setCurrent(id: string): void {
    this.#rows.get(this.#current)?.setCurrent(false);
    this.#current = id;
    this.#rows.get(id)?.setCurrent(true);
  }

  #key(event: KeyboardEvent): void {
    const row = this.#rows.get(this.#current);
    const slot = row?.focused();
    if (!row || slot === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(
      1,
      this.#offsets.at(this.element.scrollTop + this.#height) - this.#offsets.at(this.element.scrollTop),
    );
    const last = this.#offsets.ids.length - 1;
    const forward = getComputedStyle(this.element).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const moves: Readonly<Record<string, number>> = {
      ArrowUp: row.index - 1,
      ArrowDown: row.index + 1,
      PageUp: row.index - page,
      PageDown: row.index + page,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to !== undefined) this.#focus(Math.max(0, Math.min(to, last)), slot);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') row.focus(event.key === forward ? 1 : 0);
    else if (event.key === 'Delete') row.press(1);
    else return;
    event.preventDefault();
  }

  #focus(index: number, slot: Slot): void {
    const id = this.#offsets.ids[index];
    if (id === undefined) return;
    this.#setCurrent(id);
    const [top, bottom] = [this.#offsets.top(index), this.#offsets.top(index + 1)];
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (bottom > scrollTop + this.#height) this.element.scrollTop = bottom - this.#height;
    this.#draw();
    this.#rows.get(id)?.focus(slot);
  }
}
