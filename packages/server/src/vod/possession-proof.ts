import { createHash, webcrypto } from 'node:crypto';

/** Bytes of content a leaf stands for; the last one may be shorter. */
export const PROOF_CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * What only somebody who has the content can compute for a challenge:
 *
 *     leaf_i = SHA-256(challenge | chunk_i)          chunks of 4 194 304 bytes
 *     proof  = SHA-256(challenge | leaf_0 | … | leaf_n)     lower-case hexadecimal
 *
 * Leaves are hashed in the thread pool, and two chunks at most are in memory.
 */
export async function possessionProof(challenge: Uint8Array, content: AsyncIterable<Uint8Array>): Promise<string> {
  const proof = createHash('sha256').update(challenge);
  const buffer = Buffer.alloc(challenge.length + PROOF_CHUNK_BYTES);
  buffer.set(challenge);
  let filled = challenge.length;
  const leaf = async (): Promise<void> => {
    proof.update(new Uint8Array(await webcrypto.subtle.digest('SHA-256', buffer.subarray(0, filled))));
    filled = challenge.length;
  };
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; ) {
      const some = chunk.subarray(at, at + buffer.length - filled);
      buffer.set(some, filled);
      filled += some.length;
      at += some.length;
      if (filled === buffer.length) await leaf();
    }
  }
  if (filled > challenge.length) await leaf();
  return proof.digest('hex');
}
