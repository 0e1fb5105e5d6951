/** What the scenarios have in common. Each runs against the real SDK and against ours; `t.finish()` is the last word. */
import type { Bench } from '../page-bench.js';

export interface Scenario {
  /** Lives of tokens and UploadAuths: long enough to be forgotten, or a few seconds. */
  readonly lives?: 'long' | 'short';
  /** After each but the last the page is reloaded. */
  readonly steps: readonly ((t: Bench) => Promise<void>)[];
}

export const one = (run: (t: Bench) => Promise<void>, lives: Scenario['lives'] = 'long'): Scenario => ({
  steps: [run],
  lives,
});

/** Adds one file of so many parts, starts, and waits for the end. */
export async function upload(t: Bench, file: File, paramData?: unknown): Promise<void> {
  if (paramData === undefined) t.add(file);
  else t.add(file, paramData);
  await t.added();
  t.uploader.startUpload();
  await t.quiet();
  t.finish();
}

/** Three parts of eight arrive, the rest never does: nothing moves any more when the page is left. */
export async function beginAndHang(t: Bench, mode: 'sts' | 'auth'): Promise<void> {
  await t.faults({ operation: 'UploadPart', from: 4, fault: 'hang' });
  t.create(mode);
  const file = t.file(8 * t.part);
  t.add(file);
  await t.added();
  t.uploader.startUpload();
  await t.loaded(file, 0.3);
  await t.sleep(600);
}

/** Two parts go as fast as they can; the five that follow take longer than a short credential lives. */
export const outlivingCredentials = (t: Bench) =>
  t.faults({ operation: 'UploadPart', from: 3, fault: { holdBack: 1200 } });

/** Each part takes a moment, so that there is a middle. */
export const slowly = (t: Bench, holdBack = 250) => t.faults({ operation: 'UploadPart', fault: { holdBack } });

export type Scenarios = Readonly<Record<string, Scenario>>;
