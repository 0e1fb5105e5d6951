/** Ids of eight bytes, in the order they came; the record of a journal too. */
export const NONCE_ID_BYTES = 8;

const SMALLEST = 256;

/**
 * A set of 64-bit hashes in two words a slot, open-addressed: 16 to 32 bytes a member, where a `Set` of texts takes 80. The
 * members are digests, so their own low bits spread them. Hash 0 stands for an empty slot and is kept as 1.
 */
export class NonceSet {
  #slots = new Uint32Array(2 * SMALLEST);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(high: number, low: number): boolean {
    const at = this.#find(high, low);
    return (this.#slots[at] as number) !== 0 || (this.#slots[at + 1] as number) !== 0;
  }

  add(high: number, low: number): void {
    const at = this.#find(high, low);
    if (this.#slots[at] !== 0 || this.#slots[at + 1] !== 0) return;
    this.#slots[at] = high;
    this.#slots[at + 1] = high === 0 && low === 0 ? 1 : low;
    this.#size++;
    if (this.#size * 2 > this.#slots.length / 2) this.#grow();
  }

  /** Index of the slot of the member, or of the empty one where it would be. */
  #find(high: number, given: number): number {
    const low = high === 0 && given === 0 ? 1 : given;
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const a = slots[2 * slot] as number;
      const b = slots[2 * slot + 1] as number;
      if ((a === 0 && b === 0) || (a === high && b === low)) return 2 * slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] as number;
      const low = old[i + 1] as number;
      if (high === 0 && low === 0) continue;
      const at = this.#find(high, low);
      this.#slots[at] = high;
      this.#slots[at + 1] = low;
    }
  }
}
