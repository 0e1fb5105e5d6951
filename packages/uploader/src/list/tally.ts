import type { ItemState, UploadTotals } from './item.js';

/** What the tally knows of a row. */
export interface Counted {
  state: ItemState;
  size: number;
  loaded: number;
}

const hasBytes = (state: ItemState): boolean => state !== 'refused' && state !== 'canceled' && state !== 'unfinished';

/** Sums that cost the same for three files and for thirty thousand. */
export class Tally {
  readonly #count: Record<ItemState, number> = {
    queued: 0,
    preparing: 0,
    uploading: 0,
    offline: 0,
    elsewhere: 0,
    paused: 0,
    success: 0,
    failed: 0,
    canceled: 0,
    refused: 0,
    unfinished: 0,
  };
  #items = 0;
  #loaded = 0;
  #total = 0;

  add(row: Counted): void {
    this.#items++;
    this.#count[row.state]++;
    this.#bytes(row, 1);
  }

  remove(row: Counted): void {
    this.#items--;
    this.#count[row.state]--;
    this.#bytes(row, -1);
  }

  /** Changes the row, and the sums with it. */
  change(row: Counted, next: Partial<Counted>): void {
    this.remove(row);
    Object.assign(row, next);
    this.add(row);
  }

  /** Files that count against a limit: taken, and not given up. */
  get taken(): number {
    const { refused, canceled, unfinished } = this.#count;
    return this.#items - refused - canceled - unfinished;
  }

  totals(bytesPerSecond: number): UploadTotals {
    const loaded = this.#loaded;
    const total = this.#total;
    const { success } = this.#count;
    const left = total - loaded;
    return {
      items: this.#items,
      count: { ...this.#count },
      loaded,
      total,
      fraction: total > 0 ? loaded / total : success > 0 && success === this.taken ? 1 : 0,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? left / bytesPerSecond : undefined,
    };
  }

  #bytes(row: Counted, sign: 1 | -1): void {
    if (!hasBytes(row.state)) return;
    this.#loaded += sign * row.loaded;
    this.#total += sign * row.size;
  }
}
