import type { SigningDigests } from './digests.js';
import { concatBytes } from './encoding.js';

/** Brings the state of a hash forward by a block of 64 bytes: the first 16 of `words`; the rest is room to work in. */
type Compress = (state: Int32Array, words: Int32Array) => void;

const BLOCK = 64;

/** The frame SHA-1 and SHA-256 have in common: blocks of big-endian words, the length in bits at the end. */
function digest(data: Uint8Array, initial: readonly number[], compress: Compress): Uint8Array {
  const { length } = data;
  const padded = new Uint8Array(((length + 8) >> 6) * BLOCK + BLOCK);
  padded.set(data);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, length / 2 ** 29);
  view.setUint32(padded.length - 4, length << 3);
  const state = Int32Array.from(initial);
  const words = new Int32Array(80);
  for (let at = 0; at < padded.length; at += BLOCK) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + i * 4);
    compress(state, words);
  }
  state.forEach((word, i) => {
    view.setInt32(i * 4, word);
  });
  return padded.slice(0, state.length * 4);
}

const rotate = (word: number, left: number): number => (word << left) | (word >>> (32 - left));

// The index is always inside: the types cannot tell.
const at = (words: ArrayLike<number>, i: number): number => words[i] as number;

const SHA1_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const;

/** FIPS 180-4, section 6.1.2. */
function compressSha1(state: Int32Array, words: Int32Array): void {
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
  for (let i = 0; i < 80; i++) {
    if (i > 15) words[i] = rotate(at(words, i - 3) ^ at(words, i - 8) ^ at(words, i - 14) ^ at(words, i - 16), 1);
    const mixed =
      i < 20
        ? (d ^ (b & (c ^ d))) + 0x5a827999
        : i < 40
          ? (b ^ c ^ d) + 0x6ed9eba1
          : i < 60
            ? ((b & c) | (d & (b | c))) + 0x8f1bbcdc
            : (b ^ c ^ d) + 0xca62c1d6;
    const next = (rotate(a, 5) + mixed + e + at(words, i)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  add(state, [a, b, c, d, e]);
}

/** The first 32 bits of the fractions of the roots of the first primes: the constants of SHA-256. */
function fractions(count: number, root: (prime: number) => number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    let divisor = 2;
    while (n % divisor > 0) divisor++;
    if (divisor === n) found.push(((root(n) % 1) * 2 ** 32) | 0);
  }
  return found;
}

let sha256Constants: { readonly start: readonly number[]; readonly rounds: readonly number[] } | undefined;

const constants = () => {
  sha256Constants ??= { start: fractions(8, Math.sqrt), rounds: fractions(64, Math.cbrt) };
  return sha256Constants;
};

/** FIPS 180-4, section 6.2.2. */
function compressSha256(state: Int32Array, words: Int32Array): void {
  const { rounds } = constants();
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    if (i > 15) {
      const far = at(words, i - 15);
      const near = at(words, i - 2);
      words[i] =
        at(words, i - 16) +
        (rotate(far, 25) ^ rotate(far, 14) ^ (far >>> 3)) +
        at(words, i - 7) +
        (rotate(near, 15) ^ rotate(near, 13) ^ (near >>> 10));
    }
    const first =
      h + (rotate(e, 26) ^ rotate(e, 21) ^ rotate(e, 7)) + (g ^ (e & (f ^ g))) + at(rounds, i) + at(words, i);
    const second = (rotate(a, 30) ^ rotate(a, 19) ^ rotate(a, 10)) + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  add(state, [a, b, c, d, e, f, g, h]);
}

function add(state: Int32Array, more: readonly number[]): void {
  more.forEach((word, i) => {
    state[i] = at(state, i) + word;
  });
}

type Hash = (data: Uint8Array) => Uint8Array;

const sha1: Hash = (data) => digest(data, SHA1_START, compressSha1);
const sha256: Hash = (data) => digest(data, constants().start, compressSha256);

/** RFC 2104. */
function hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(key.length > BLOCK ? hash(key) : key);
  const inner = hash(
    concatBytes(
      block.map((byte) => byte ^ 0x36),
      data,
    ),
  );
  return hash(
    concatBytes(
      block.map((byte) => byte ^ 0x5c),
      inner,
    ),
  );
}

/**
 * The digests of signatures in a fifth of the bytes of a general library, for pages, which load it before they can upload.
 * No WebCrypto, so it works on plain http too. For texts of a few kilobytes: it copies what it hashes.
 */
export const smallDigests: SigningDigests = {
  sha256,
  hmacSha1: (key, data) => hmac(sha1, key, data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
};
