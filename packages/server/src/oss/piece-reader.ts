import type { Readable } from 'node:stream';
import type { ByteRange, StorageEngine } from './engine/engine.js';

/** A stretch of one blob. */
export type Piece = ByteRange & { readonly blob: string };

/** The next piece is opened when so many bytes of the one before are left. */
const AHEAD_BYTES = 512 * 1024;

interface Ahead {
  readonly at: number;
  readonly opening: Promise<Readable>;
}

/**
 * Opens pieces one after the other, each a little before it is wanted: opening takes a moment, in a store across a network
 * as long as reading some hundred KiB. Never more than one is open ahead.
 */
export class PieceReader {
  readonly #engine: StorageEngine;
  readonly #pieces: readonly Piece[];
  #ahead: Ahead | undefined;
  #closed = false;

  constructor(engine: StorageEngine, pieces: readonly Piece[]) {
    this.#engine = engine;
    this.#pieces = pieces;
  }

  /** @throws what the engine throws, also for what was opened ahead */
  async open(at: number): Promise<Readable> {
    const ahead = this.#ahead;
    if (ahead?.at === at) {
      this.#ahead = undefined;
      const stream = await ahead.opening;
      if (!stream.destroyed) return stream.off('error', ignore);
      // Whoever sends it has lost patience while it waited.
    }
    const piece = this.#pieces[at] as Piece;
    return this.#engine.read(piece.blob, piece);
  }

  /** To be called while a piece is sent. @param left bytes of it */
  near(at: number, left: number): void {
    const next = this.#pieces[at + 1];
    if (left > AHEAD_BYTES || this.#closed || !next || this.#ahead?.at === at + 1) return;
    const opening = this.#engine.read(next.blob, next).then((stream) => {
      stream.on('error', ignore);
      if (this.#closed) stream.destroy();
      return stream;
    });
    opening.catch(ignore);
    this.#ahead = { at: at + 1, opening };
  }

  /** Ends what was opened and not asked for. */
  close(): void {
    this.#closed = true;
    this.#ahead?.opening.then((stream) => stream.destroy(), ignore);
  }
}

const ignore = (): void => undefined;
