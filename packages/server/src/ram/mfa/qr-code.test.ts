import { inflateSync } from 'node:zlib';
import { imageSize } from 'image-size';
import decodeQR from 'qr/decode.js';
import { expect, test } from 'vitest';
import { qrCodePng } from './qr-code.js';

/** Reads back the one kind of PNG that is written here; e2e/ram-people.test.ts reads it with a library. */
function pixels(png: Buffer): { width: number; height: number; data: Uint8Array } {
  const { width, height } = imageSize(png);
  const length = png.readUInt32BE(33);
  const rows = inflateSync(png.subarray(41, 41 + length));
  const bytes = 1 + Math.ceil(width / 8);
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const white = ((rows[y * bytes + 1 + (x >> 3)] as number) >> (7 - (x & 7))) & 1;
      data.fill(white * 255, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { width, height, data };
}

test.each([10, 100, 300])('a text of %d characters can be read back out of the picture', (length) => {
  const text = `otpauth://totp/${'a'.repeat(length)}`;
  const image = pixels(qrCodePng(text));
  expect(image.width).toBe(image.height);
  expect(decodeQR(image)).toBe(text);
});
