import { StoreSilent } from './failures.js';

/** The same promise, or {@link StoreSilent} after so many milliseconds. */
export async function withinTime<T>(promise: Promise<T>, ms: number, doing: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreSilent(`the store took longer than ${ms} ms ${doing}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
