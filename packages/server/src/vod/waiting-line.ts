/** Runs some works at a time; the others wait in the order they came. */
export interface WaitingLine {
  /** @returns `undefined` at once when the line is full */
  enter<T>(work: () => Promise<T>): Promise<T> | undefined;
}

export function waitingLine(atOnce: number, longest: number): WaitingLine {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function run<T>(work: () => Promise<T>): Promise<T> {
    // A place that becomes free is handed to the first in line: `running` stays as it is.
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return { enter: (work) => (running >= atOnce && waiting.length >= longest ? undefined : run(work)) };
}
