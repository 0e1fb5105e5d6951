import type { Extent } from '../catalog/manifest.js';
import type { Damage } from '../catalog/quarantine.js';
import type { Crc64Pool } from '../engine/crc64-pool.js';
import type { StorageEngine } from '../engine/engine.js';
import type { Pace } from './pace.js';

export type Verdict =
  | { readonly kind: 'sound'; readonly crc64: bigint }
  | { readonly kind: 'damaged'; readonly damage: Damage }
  /** It could not be looked at; that says nothing about the bytes. */
  | { readonly kind: 'unreadable'; readonly error: unknown };

export interface Looking {
  readonly engine: StorageEngine;
  readonly crcs: Crc64Pool;
  readonly pace: Pace;
  /** Ends the look; `verifyBlob` rejects with its reason. */
  readonly signal: AbortSignal;
}

/**
 * Reads a blob and compares it with what was recorded. Where no CRC64 was recorded, only the size is compared. What looks
 * damaged is read a second time, and only damage that is seen twice counts.
 */
export async function verifyBlob(looking: Looking, extent: Extent): Promise<Verdict> {
  const first = await look(looking, extent);
  return first.kind === 'damaged' ? look(looking, extent) : first;
}

async function look({ engine, crcs, pace, signal }: Looking, [blob, size, crc64]: Extent): Promise<Verdict> {
  signal.throwIfAborted();
  try {
    const stored = await engine.size(blob);
    if (stored !== size) return { kind: 'damaged', damage: wrongSize(stored, size) };
    let seen = 0;
    let sum = 0n;
    if (size > 0) {
      const stream = await engine.read(blob, { start: 0, end: size - 1 });
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        signal.throwIfAborted();
        seen += chunk.length;
        sum = crcs.update(sum, chunk);
        await pace.spend(chunk.length, signal);
      }
    }
    if (seen !== size) return { kind: 'damaged', damage: wrongSize(seen, size) };
    if (crc64 === undefined || BigInt(crc64) === sum) return { kind: 'sound', crc64: sum };
    const damage = { reason: 'changed', found_size: size, found_crc64: sum.toString() } as const;
    return { kind: 'damaged', damage };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'unreadable', error };
  }
}

function wrongSize(found: number | undefined, size: number): Damage {
  if (found === undefined) return { reason: 'missing', found_size: null, found_crc64: null };
  return { reason: found < size ? 'short' : 'long', found_size: found, found_crc64: null };
}
