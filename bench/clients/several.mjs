/**
 * For clients that know one file at a time: what a program around them would do.
 * @template T @param {readonly T[]} items @param {number} width at once @param {(item: T) => Promise<unknown>} act
 */
export async function several(items, width, act) {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
