import { types } from 'pg';

const INT8 = 20;
const NUMERIC = 1700;

/** Values as SQLite gives them: counts, sizes and sums are numbers. */
export const postgresValues = {
  getTypeParser(type: number, format?: 'text' | 'binary') {
    if (format !== 'binary' && (type === INT8 || type === NUMERIC)) return exactNumber;
    return types.getTypeParser(type, format as 'text');
  },
};

/** @throws {RangeError} beyond 2^53, where a number would not be the one that was stored */
export function exactNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`the database holds the number ${text}, which is beyond 2^53`);
  }
  return value;
}
