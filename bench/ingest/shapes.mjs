/** What is sent, or fetched. */
export const KIB = 2 ** 10;
export const MIB = 2 ** 20;

/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {number} bytes in all
 * @property {number} partBytes of each request
 * @property {number} parts
 * @property {number} connections
 * @property {boolean} [objects] each part is an object of its own
 * @property {boolean} [download] what was stored as one object is fetched
 */

/** @returns {Shape} */
const shape = (name, bytes, partBytes, connections, more = {}) => ({
  name,
  bytes,
  partBytes,
  parts: Math.ceil(bytes / partBytes),
  connections,
  ...more,
});

/** @param {number} bytes of the large shapes @returns {Shape[]} */
export const shapesOf = (bytes) => [
  shape('one stream', bytes, bytes, 1),
  shape('5 × 1 MiB', bytes, MIB, 5),
  shape('5 × 8 MiB', bytes, 8 * MIB, 5),
  shape('5 × 16 MiB', bytes, 16 * MIB, 5),
  shape('objects of 64 KiB × 16', bytes / 8, 64 * KIB, 16, { objects: true }),
  shape('download', bytes, bytes, 1, { download: true }),
];

/** The same in small: what is sent before, so that the server is warm. @param {Shape} of @returns {Shape} */
export function warmUp(of) {
  const bytes = Math.min(of.bytes, of.objects ? 16 * MIB : 64 * MIB);
  const partBytes = Math.min(of.partBytes, bytes);
  return { ...of, bytes, partBytes, parts: bytes / partBytes };
}
