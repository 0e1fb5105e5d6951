import { crc32, deflateSync } from 'node:zlib';
import { encodeQR } from 'qr';

/** Pixels of a module, and modules of white around. */
const SCALE = 5;
const QUIET_ZONE = 4;

/** A QR code as PNG, one bit a pixel (ADR 15). */
export function qrCodePng(text: string): Buffer {
  return png(encodeQR(text, 'raw', { ecc: 'medium', scale: SCALE, border: QUIET_ZONE }));
}

/** @param dark rows of pixels */
function png(dark: readonly (readonly boolean[])[]): Buffer {
  const width = dark[0]?.length ?? 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(dark.length, 4);
  // Bit depth 1, greyscale; compression, filter and interlace methods are 0.
  header.writeUInt8(1, 8);
  const rows = dark.map((row) => {
    const packed = Buffer.alloc(1 + Math.ceil(width / 8), 0xff);
    packed[0] = 0;
    row.forEach((isDark, x) => {
      const at = 1 + (x >> 3);
      if (isDark) packed[at] = (packed[at] as number) & ~(0x80 >> (x & 7));
    });
    return packed;
  });
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
