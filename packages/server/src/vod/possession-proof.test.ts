import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { proofOf } from '../testing/uploads.js';
import { PROOF_CHUNK_BYTES, possessionProof } from './possession-proof.js';

const challenge = randomBytes(75);

async function* inChunksOf(content: Buffer, size: number): AsyncIterable<Buffer> {
  for (let at = 0; at < content.length; at += size) {
    const chunk = Buffer.from(content.subarray(at, at + size));
    yield chunk;
    // A chunk is valid until the next one is asked for.
    chunk.fill(0);
  }
}

describe('a proof of possession', () => {
  test.each([1, 1000, PROOF_CHUNK_BYTES - 1, PROOF_CHUNK_BYTES, PROOF_CHUNK_BYTES + 1, 3 * PROOF_CHUNK_BYTES])(
    'of %d bytes is the documented one, in whatever chunks they come',
    async (length) => {
      const content = randomBytes(length);
      const expected = proofOf(challenge.toString('base64'), content);
      for (const size of [65_536, 1_000_003, 2 * PROOF_CHUNK_BYTES + 5]) {
        expect(await possessionProof(challenge, inChunksOf(content, size))).toBe(expected);
      }
    },
  );

  test('is a hash of hashes, each beginning with the challenge', async () => {
    const sha256 = (...parts: readonly Uint8Array[]) =>
      parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
    const [one, two] = [randomBytes(PROOF_CHUNK_BYTES), Buffer.from('end')];
    const expected = sha256(challenge, sha256(challenge, one), sha256(challenge, two)).toString('hex');
    expect(await possessionProof(challenge, inChunksOf(Buffer.concat([one, two]), 999_983))).toBe(expected);
  });
});
