/** What a check of the set-up tells. */

/** Names of the checks; stable, scripts may rely on them. */
export type CheckId =
  | 'options'
  | 'vod-mixed-content'
  | 'vod-reachable'
  | 'vod-cors'
  | 'vod-service'
  | 'vod-clock'
  | 'credentials'
  | 'token-life'
  | 'signature'
  | 'create-permission'
  | 'refresh-permission'
  | 'grant'
  | 'grant-renewal'
  | 'region'
  | 'store-address'
  | 'store-mixed-content'
  | 'store-reachable'
  | 'store-cors'
  | 'store-service'
  | 'store-clock'
  | 'store-preflight'
  | 'store-initiate'
  | 'store-part'
  | 'expose-etag'
  | 'expose-crc64'
  | 'expose-request-id'
  | 'store-list'
  | 'store-abort'
  | 'cleanup';

/**
 * `fail`: uploads will fail. `warn`: they go on, but something is worse than it has to be. `skipped`: not looked at,
 * because something it needs failed, was not asked for, or cannot be seen from here.
 */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'skipped';

/** Codes, names and figures of a finding. */
export type FindingDetail = Readonly<Record<string, string | number | boolean>>;

/** What one check found. */
export interface Finding {
  readonly id: CheckId;
  /** What was looked at, a few words. */
  readonly title: string;
  readonly status: FindingStatus;
  /** One sentence: what is the case and, after the colon, what to do. Never holds a secret. */
  readonly message: string;
  /** What to do, alone; with `warn` and `fail`. */
  readonly advice?: string | undefined;
  /** For machines: codes, names, figures. Never holds a secret. */
  readonly detail?: FindingDetail | undefined;
}

/** What all checks found. */
export interface CheckReport {
  /** Nothing failed. */
  readonly ok: boolean;
  /** In the order of the checks. */
  readonly findings: readonly Finding[];
  /** The empty media of the dry run that could not be deleted; the next check uses it again where it can. */
  readonly leftBehind?: { readonly videoId: string; readonly title: string } | undefined;
}

export type Verdict = Pick<Finding, 'status' | 'message' | 'advice' | 'detail'>;

/** @param message a sentence */
export const ok = (message: string, detail?: FindingDetail): Verdict => ({ status: 'ok', message, detail });
export const skipped = (message: string): Verdict => ({ status: 'skipped', message });

/** @param what a sentence without its end @param advice what to do, in the imperative, without its end */
export const fail = (what: string, advice: string, detail?: FindingDetail): Verdict => ({
  status: 'fail',
  message: `${what}: ${advice}.`,
  advice,
  detail,
});
export const warn = (what: string, advice: string, detail?: FindingDetail): Verdict => ({
  ...fail(what, advice, detail),
  status: 'warn',
});
