import type { CheckContext } from './check-context.js';
import type { CheckId, Verdict } from './finding.js';

/** One row of the table of checks. */
export interface Check {
  readonly id: CheckId;
  /** What it looks at, a few words. */
  readonly title: string;
  /** Checks that must not have failed or been skipped. */
  readonly needs: readonly CheckId[];
  /** Checks that must not have failed. */
  readonly after?: readonly CheckId[];
  /** What it throws is a `fail`. */
  run<File>(context: CheckContext<File>): Promise<Verdict> | Verdict;
}
