/** Time-based one-time passwords, RFC 6238, with what every authenticator app uses: SHA-1, 30 seconds, 6 digits. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const STEP_MS = 30_000;
const DIGITS = 6;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export const stepAt = (now: number): number => Math.floor(now / STEP_MS);

/** @param digits 6; the vectors of the RFC have 8 */
export function totp(seed: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  // RFC 4226 5.3: the last four bits say where the number lies.
  const number = mac.readUInt32BE((mac.at(-1) as number) & 0xf) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** Steps that a clock may be off, to either side, and how long a person may take. */
const LOGIN_DRIFT = 1;
const BIND_DRIFT = 2;

/**
 * @param lastStep the newest step that was accepted: no code is taken twice, nor one older than that
 * @returns the step of the code; `undefined` when it is wrong, too old or was used
 */
export function acceptedStep(seed: Uint8Array, code: string, lastStep: number, now: number): number | undefined {
  return newest(now, LOGIN_DRIFT, (step) => step > lastStep && equals(totp(seed, step), code));
}

/** The same for two codes that follow one another: whoever has both has the device. @returns the step of the second */
export function acceptedPair(
  seed: Uint8Array,
  [first, second]: readonly [string, string],
  lastStep: number,
  now: number,
): number | undefined {
  return newest(now, BIND_DRIFT, (step) => {
    const both = [equals(totp(seed, step - 1), first), equals(totp(seed, step), second)];
    return step - 1 > lastStep && both.every(Boolean);
  });
}

function newest(now: number, drift: number, fits: (step: number) => boolean): number | undefined {
  const middle = stepAt(now);
  const steps = Array.from({ length: 2 * drift + 1 }, (_, i) => middle - drift + i);
  return steps.filter(fits).at(-1);
}

function equals(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** RFC 4648 6, without padding: for lengths that need none. */
export function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

export function base32Decode(text: string): Uint8Array {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
