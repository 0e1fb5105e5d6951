import { InvalidArgumentError } from 'commander';

/** Reads a whole number of an option. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < min || n > max)
      throw new InvalidArgumentError(`Use a number from ${min} to ${max}.`);
    return n;
  };
}
