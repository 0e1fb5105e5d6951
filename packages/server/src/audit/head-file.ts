import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { KeyRing } from '../keys/key-ring.js';
import { writePrivateFile } from '../keys/key-ring-file.js';
import type { ChainPlace } from './chain.js';
import { checkSeal, type SealState, sealPlace } from './seal.js';

export const headFileOf = (data: string): string => join(data, 'audit-head.json');

const shape = z.object({
  seq: z.number().int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  seal: z.string(),
});

export type HeadFile = { readonly place: ChainPlace; readonly seal: SealState } | 'damaged' | undefined;

/**
 * How far the trail went, kept outside of the database: whoever cuts off the end of the table would have to change this too.
 * @returns `undefined` when there is none
 */
export async function readHeadFile(file: string, ring: KeyRing): Promise<HeadFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { seq, hash, seal } = shape.parse(JSON.parse(text));
    return { place: { seq, hash }, seal: checkSeal(ring, 'head', { seq, hash }, seal) };
  } catch {
    return 'damaged';
  }
}

export async function writeHeadFile(file: string, ring: KeyRing, { seq, hash }: ChainPlace): Promise<void> {
  const seal = sealPlace(ring, 'head', { seq, hash });
  await writePrivateFile(file, `${JSON.stringify({ seq, hash, seal })}\n`);
}
