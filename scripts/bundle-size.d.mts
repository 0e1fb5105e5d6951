/** Bytes. */
export interface BundleSize {
  readonly minified: number;
  /** After `gzip -9`. */
  readonly gzip: number;
}

export interface MeasuredBudget extends BundleSize {
  readonly name: string;
  /** File in `packages/uploader/src`. */
  readonly entry: string;
  /** Bytes after `gzip -9`; without it the size is only reported. */
  readonly gzipBudget?: number;
}

export function bundleSize(code: string, directory: string, external?: readonly string[]): Promise<BundleSize>;
export function measureBudgets(): Promise<readonly MeasuredBudget[]>;
