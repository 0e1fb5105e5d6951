import type { UploaderOptions } from '../api.js';
import { fixedLink } from '../core/link-control.js';
import { sendOss } from '../core/oss-send.js';
import { ServerClock } from '../core/server-clock.js';
import { codeOf, localError, UploadError } from '../core/upload-error.js';
import type { Environment } from '../ports.js';
import type { Check } from './check.js';
import { type CheckContext, type CheckOptions, type CheckPieces, PROBE_TITLE } from './check-context.js';
import { checks } from './checks.js';
import { type CheckReport, type Finding, type FindingDetail, fail, skipped, type Verdict } from './finding.js';
import { Secrets } from './secrets.js';

const TIMEOUT = 10_000;
/** Smallest part the uploader sends. */
const PART = 102_400;
/** It is held in memory. */
const MAX_PART = 64 * 1024 * 1024;
/** For taking back what a canceled check began. */
const LAST_WORDS = 3_000;

/**
 * Finds what would make uploads fail, before the first byte of a real file: goes through a table of checks, each of
 * which gives one finding. What can be known without making anything comes first; the dry run of an upload is
 * {@link CheckOptions.probe}. A finding never holds a secret.
 *
 * @throws UploadError `Canceled` when `signal` aborts, `InvalidOption` for `check` itself; everything else is a finding
 */
export async function checkUploadOn<File>(
  pieces: CheckPieces<File>,
  options: UploaderOptions<File>,
  check: CheckOptions = {},
): Promise<CheckReport> {
  const signal = check.signal ?? new AbortController().signal;
  // What the caller put in place of the platform's own is what the upload will use too.
  const env: Environment = {
    ...pieces.env,
    http: options.http ?? pieces.env.http,
    clock: options.clock ?? pieces.env.clock,
    random: options.random ?? pieces.env.random,
  };
  const context: CheckContext<File> = {
    options,
    pieces: { ...pieces, env },
    line: {
      env,
      serverClock: new ServerClock(env.clock),
      timeout: check.timeout ?? TIMEOUT,
      link: fixedLink({ partSize: PART, maxPartSize: PART, parallel: 1, maxParallel: 1 }),
      reached: false,
    },
    signal,
    probe: check.probe ?? false,
    // A browser says its origin itself.
    origin: pieces.page || check.origin === undefined ? undefined : originOf(check.origin),
    partSize: partSizeOf(check.partSize ?? PART),
    secrets: new Secrets(),
    facts: {},
  };
  const findings = new Map<string, Finding>();
  try {
    for (const row of checks) {
      if (signal.aborted) throw localError('Canceled', 'The check was stopped.');
      const verdict = gate(row, findings) ?? (await judged(row, context));
      const finding = told(row, verdict, context.secrets);
      findings.set(row.id, finding);
      check.onFinding?.(finding);
    }
  } finally {
    if (context.facts.uploadId !== undefined) await takeBack(context);
  }
  const { videoId } = context.facts;
  const all = [...findings.values()];
  return {
    ok: all.every(({ status }) => status !== 'fail'),
    findings: all,
    ...(videoId === undefined ? {} : { leftBehind: { videoId, title: PROBE_TITLE } }),
  };
}

function originOf(text: string): string {
  const [origin] = /^https?:\/\/[^/?#\s@]+/i.exec(text) ?? [];
  if (origin !== undefined) return origin.toLowerCase();
  throw localError('InvalidOption', 'origin must be that of a page, e.g. https://app.example.com.');
}

function partSizeOf(bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes > 0 && bytes <= MAX_PART) return bytes;
  throw localError('InvalidOption', `partSize of a check must be a whole number from 1 to ${MAX_PART}.`);
}

/** Why a row is not run. */
function gate({ needs, after = [] }: Check, findings: ReadonlyMap<string, Finding>): Verdict | undefined {
  const failed = [...needs, ...after].map((id) => findings.get(id)).find((found) => found?.status === 'fail');
  if (failed) return skipped(`It cannot be looked at before this is mended: ${failed.title}.`);
  const unknown = needs
    .map((id) => findings.get(id))
    .find((found) => found === undefined || found.status === 'skipped');
  if (!unknown) return undefined;
  // The reason is handed down, so that each line of a report stands for itself.
  return skipped(unknown.message);
}

async function judged<File>(row: Check, context: CheckContext<File>): Promise<Verdict> {
  try {
    return await row.run(context);
  } catch (error) {
    if (codeOf(error) === 'Canceled') throw error;
    if (error instanceof UploadError) {
      const text = error.message.replace(/\.\s*(?=$)/, '');
      return {
        ...fail(text, 'see the message'),
        message: error.message,
        advice: undefined,
        detail: { code: error.code },
      };
    }
    throw error;
  }
}

function told({ id, title }: Check, verdict: Verdict, secrets: Secrets): Finding {
  const { status, message, advice, detail } = verdict;
  const clean = (given: FindingDetail): FindingDetail =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, typeof value === 'string' ? secrets.clean(value) : value]),
    );
  return {
    id,
    title,
    status,
    message: secrets.clean(message),
    ...(advice === undefined ? {} : { advice: secrets.clean(advice) }),
    ...(detail === undefined ? {} : { detail: clean(detail) }),
  };
}

/** A multipart upload that was begun and not taken back. Parts that stay are removed by the server some day. */
async function takeBack<File>({ facts, line }: CheckContext<File>): Promise<void> {
  const { settings, target, auth, uploadId } = facts;
  if (!settings || !target || !auth || uploadId === undefined) return;
  const controller = new AbortController();
  const cancel = line.env.clock.setTimeout(() => controller.abort(), LAST_WORDS);
  const call = { method: 'DELETE', query: [['uploadId', uploadId] as const] };
  await sendOss(line, settings, target, auth, call, controller.signal).catch(() => undefined);
  cancel();
}
