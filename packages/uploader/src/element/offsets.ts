/**
 * Where rows stand. Those that were not in sight yet are taken to be as high as the typical one. Thirty thousand rows are
 * one pass of additions, and only after something came, went or changed its height.
 */
export class Offsets {
  #ids: readonly string[] = [];
  /** Top of row i at i; the height of all at the end. */
  #tops = new Float64Array(1);
  readonly #heights = new Map<string, number>();
  #typical = 0;
  #stale = true;

  get ids(): readonly string[] {
    return this.#ids;
  }
  set ids(ids: readonly string[]) {
    if (ids === this.#ids) return;
    if (ids.length < this.#ids.length && this.#heights.size > 0) {
      const kept = new Set(ids);
      for (const id of this.#heights.keys()) if (!kept.has(id)) this.#heights.delete(id);
    }
    this.#ids = ids;
    this.#stale = true;
  }

  /** @returns whether that moves anything */
  measured(id: string, height: number): boolean {
    const known = this.#heights.get(id);
    if (height <= 0 || (known !== undefined && Math.abs(known - height) < 0.5)) return false;
    const assumed = known ?? this.#typical;
    this.#heights.set(id, height);
    // The first one stands for all that were not measured; the lowest does when that one had more to say.
    if (this.#typical === 0 || height < this.#typical) this.#typical = height;
    else if (Math.abs(assumed - height) < 0.5) return false;
    this.#stale = true;
    return true;
  }

  /** The width changed: texts break elsewhere. */
  forget(): void {
    this.#heights.clear();
    this.#typical = 0;
    this.#stale = true;
  }

  top(index: number): number {
    return this.#fresh()[Math.max(0, Math.min(index, this.#ids.length))] as number;
  }

  get total(): number {
    return this.top(this.#ids.length);
  }

  /** The row at a height; the last one below all. */
  at(y: number): number {
    const tops = this.#fresh();
    let low = 0;
    let high = this.#ids.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((tops[middle] as number) <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #fresh(): Float64Array {
    if (!this.#stale) return this.#tops;
    const { length } = this.#ids;
    const tops = new Float64Array(length + 1);
    const typical = this.#typical || 64;
    for (let i = 0; i < length; i++) {
      const height = this.#heights.get(this.#ids[i] as string) ?? typical;
      tops[i + 1] = (tops[i] as number) + height;
    }
    this.#tops = tops;
    this.#stale = false;
    return tops;
  }
}
