/** Rows under a head, columns as wide as they have to be, two blanks apart. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  return [head, ...rows].map((row) => `${line(row).trimEnd()}\n`).join('');
}
