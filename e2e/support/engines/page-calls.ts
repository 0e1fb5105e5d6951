import { setTimeout as sleep } from 'node:timers/promises';
import type { EnginePage } from './driver.js';
import type { Seen, UploadPage } from './upload-page.js';

type Result<Name extends keyof UploadPage> = Awaited<ReturnType<UploadPage[Name]>>;

/** Calls a function of the page. Arguments and result are JSON. */
export async function call<Name extends keyof UploadPage>(
  page: EnginePage,
  name: Name,
  ...args: Parameters<UploadPage[Name]>
): Promise<Result<Name>> {
  const list = args.map((value) => JSON.stringify(value)).join(', ');
  // As text, because engines disagree on what becomes of `undefined`.
  const text = await page.evaluate(
    `Promise.resolve(uploadPage.${name}(${list})).then((value) => JSON.stringify(value))`,
  );
  return (typeof text === 'string' ? JSON.parse(text) : undefined) as Result<Name>;
}

const LOOK_EVERY_MS = 40;

/** Looks at an upload until it fits. @throws Error with what was seen last */
export async function until(
  page: EnginePage,
  upload: number,
  fits: (seen: Seen) => boolean,
  timeout = 120_000,
): Promise<Seen> {
  const end = performance.now() + timeout;
  for (;;) {
    const seen = await call(page, 'look', upload);
    if (fits(seen)) return seen;
    if (performance.now() > end) {
      const { loaded: _, ...rest } = seen;
      throw new Error(`the upload did not come that far: ${JSON.stringify(rest)}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** Waits for success. @throws Error as soon as the upload has failed */
export async function finished(
  page: EnginePage,
  upload: number,
  timeout?: number,
): Promise<Seen & { videoId: string }> {
  const seen = await until(page, upload, ({ state }) => ['success', 'failed', 'canceled'].includes(state), timeout);
  if (seen.state !== 'success' || seen.result === undefined) {
    throw new Error(`the upload ended ${seen.state}: ${seen.error?.code} ${seen.error?.message}`);
  }
  return { ...seen, videoId: seen.result };
}
