const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

let values: Uint8Array | undefined;

/** Bytes of the base64 a native module wrote; line breaks are skipped. A table, because an interpreter decodes megabytes. */
export function base64Bytes(text: string): Uint8Array {
  values ??= table();
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i) & 127] as number;
    if (value === 255) continue;
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[at++] = bits >> held;
      bits &= (1 << held) - 1;
    }
  }
  return out.subarray(0, at);
}

function table(): Uint8Array {
  const out = new Uint8Array(128).fill(255);
  for (let i = 0; i < DIGITS.length; i++) out[DIGITS.charCodeAt(i)] = i;
  return out;
}
