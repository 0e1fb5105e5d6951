import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const BLOCK = 2 ** 20;

/** Bytes that compress badly; written just now, they are in the page cache. @param {string} path @param {number} bytes */
export function writeRandomFile(path, bytes) {
  const file = openSync(path, 'w');
  for (let at = 0; at < bytes; at += BLOCK) writeSync(file, randomBytes(Math.min(BLOCK, bytes - at)));
  closeSync(file);
  return path;
}
