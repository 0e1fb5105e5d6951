/** @param {readonly number[]} values @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Another order every round, so that no contestant always runs after the same one.
 * @template T @param {readonly T[]} items @param {number} round @returns {T[]}
 */
export function rotated(items, round) {
  const turned = items.map((_, i) => items[(i + round) % items.length]);
  return round % 2 === 0 ? turned : turned.reverse();
}

/** @param {number} value @param {number} [digits] @returns {string} `12 345.6`, or a dash for what was not measured */
export function figure(value, digits = 0) {
  if (!Number.isFinite(value)) return '–';
  const [whole, fraction] = value.toFixed(digits).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ' ') + (fraction ? `.${fraction}` : '');
}

/** @param {readonly number[]} values @returns {string} the median, and from where to where they went */
export function spread(values) {
  return `${figure(median(values))} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`;
}

/** @param {readonly string[]} head first column left, the others right @param {readonly (readonly string[])[]} rows */
export function markdownTable(head, rows) {
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
