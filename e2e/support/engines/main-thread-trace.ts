import type { CDPSession } from 'playwright-core';

export interface ThreadCost {
  /** Tasks of the main thread. */
  readonly tasks: number;
  /** Processor milliseconds of all of them. */
  readonly total: number;
  /** Processor milliseconds of the longest ones, longest first. Time in which the machine did something else is not in it. */
  readonly longest: readonly number[];
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of wall and of thread time. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const CATEGORIES = ['disabled-by-default-devtools.timeline'];
const KEPT = 20;

/** Records the tasks of the page's main thread. @returns a function that ends the recording */
export async function traceMainThread(devtools: CDPSession): Promise<() => Promise<ThreadCost>> {
  const costs: { thread: string; ms: number }[] = [];
  const mainThreads = new Set<string>();
  const collect = ({ value }: { value: unknown }) => {
    for (const event of value as TraceEvent[]) {
      const thread = `${event.pid}.${event.tid}`;
      if (event.ph === 'M' && event.name === 'thread_name' && event.args?.name === 'CrRendererMain') {
        mainThreads.add(thread);
      }
      if (event.name === 'RunTask' && event.tdur !== undefined) costs.push({ thread, ms: event.tdur / 1000 });
    }
  };
  const raw = devtools as unknown as {
    on(name: string, heard: (event: never) => void): void;
    once(name: string, heard: () => void): void;
    off(name: string, heard: (event: never) => void): void;
  };
  raw.on('Tracing.dataCollected', collect as (event: never) => void);
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'], traceBufferSizeInKb: 400_000 },
  });
  return async () => {
    const complete = new Promise<void>((done) => raw.once('Tracing.tracingComplete', done));
    await devtools.send('Tracing.end');
    await complete;
    raw.off('Tracing.dataCollected', collect as (event: never) => void);
    const own = costs.filter(({ thread }) => mainThreads.has(thread)).map(({ ms }) => ms);
    const longest = own.sort((a, b) => b - a).slice(0, KEPT);
    return {
      tasks: own.length,
      total: Math.round(own.reduce((sum, ms) => sum + ms, 0)),
      longest: longest.map((ms) => Math.round(10 * ms) / 10),
    };
  };
}
