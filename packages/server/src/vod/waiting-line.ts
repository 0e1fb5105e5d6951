/** Runs some works at a time; the others wait in the order they came. */
export interface WaitingLine {
  /** @returns `undefined` at once when the line is full, or when the caller has as many in it as one may have */
  enter<T>(caller: string, work: () => Promise<T>): Promise<T> | undefined;
}

export interface LineLimits {
  /** Works that run at a time. */
  readonly atOnce: number;
  /** Works that may wait. */
  readonly longest: number;
  /** Works of one caller, running and waiting: nobody takes the whole line. */
  readonly ofOne: number;
}

export function waitingLine({ atOnce, longest, ofOne }: LineLimits): WaitingLine {
  const waiting: (() => void)[] = [];
  const callers = new Map<string, number>();
  let running = 0;

  function count(caller: string, change: 1 | -1): void {
    const now = (callers.get(caller) ?? 0) + change;
    if (now > 0) callers.set(caller, now);
    else callers.delete(caller);
  }

  async function run<T>(caller: string, work: () => Promise<T>): Promise<T> {
    count(caller, 1);
    // A place that becomes free is handed to the first in line: `running` stays as it is.
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      count(caller, -1);
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return {
    enter(caller, work) {
      const full = running >= atOnce && waiting.length >= longest;
      return full || (callers.get(caller) ?? 0) >= ofOne ? undefined : run(caller, work);
    },
  };
}
