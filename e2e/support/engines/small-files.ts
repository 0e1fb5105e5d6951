/** Many small files whose contents the page and the test make alike, so that nothing has to be carried over. */

export const SMALLEST = 1024;
const SPAN = 7 * 1024 + 1;

export const smallFileName = (index: number): string => `small-${index}.mp4`;

/** 1 to 8 KiB, different for every index. */
export function smallFileBytes(index: number): Uint8Array<ArrayBuffer> {
  let state = (index * 2_654_435_761 + 1) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const bytes = new Uint8Array(SMALLEST + (next() % SPAN));
  new DataView(bytes.buffer).setUint32(0, index);
  for (let at = 4; at < bytes.length; at++) bytes[at] = next();
  return bytes;
}
