import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { syncDirectory } from '../data-directory.js';
import type { Clock, Random } from '../runtime.js';
import { type KeyRing, keyRing, type MasterKey, newMasterKey } from './key-ring.js';

/** The key file cannot be used; the message is one line for the operator. */
export class KeyRingUnusable extends Error {
  override readonly name = 'KeyRingUnusable';
}

const fileShape = z.object({
  version: z.literal(1),
  keys: z
    .array(
      z.object({
        id: z.number().int().min(1).max(0xffffffff),
        secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
        createdAt: z.number().int(),
      }),
    )
    .min(1),
});

/** `undefined` when there is no such file yet. */
export async function readKeyRing(file: string): Promise<KeyRing | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KeyRingUnusable(`cannot read the key ring ${file}: ${(error as Error).message}`);
  }
  try {
    const { keys } = fileShape.parse(JSON.parse(text));
    return keyRing(keys.map((key): MasterKey => ({ ...key, secret: Buffer.from(key.secret, 'base64url') })));
  } catch {
    // The parse error would quote the content, and the content is the secret.
    throw new KeyRingUnusable(`the key ring ${file} is damaged; restore it from a backup`);
  }
}

/** Creates the key ring with its first key. The file is private to the owner and durable before this returns. */
export async function createKeyRing(file: string, clock: Clock, random: Random): Promise<KeyRing> {
  const ring = keyRing([newMasterKey(1, clock, random)]);
  await writeKeyRing(file, ring);
  return ring;
}

/** Replaces the file, whole or not at all; durable before this returns. */
export async function writeKeyRing(file: string, { keys }: Pick<KeyRing, 'keys'>): Promise<void> {
  const texts = keys.map((key) => ({ ...key, secret: Buffer.from(key.secret).toString('base64url') }));
  await writePrivateFile(file, `${JSON.stringify({ version: 1, keys: texts }, null, 2)}\n`);
}

/** Replaces a file that only its owner may read (mode 0600), whole or not at all. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncDirectory(dirname(file));
}
