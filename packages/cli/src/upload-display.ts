import { basename } from 'node:path';
import type { UploadError, UploadProgress, UploadResult, UploadTask } from '@sluice/uploader/node';
import { MultiBar, type SingleBar } from 'cli-progress';
import { CommandFailed } from './exit-codes.js';
import { plain } from './plain-text.js';

export interface FileOutcome {
  readonly file: string;
  readonly seconds: number;
  readonly result?: UploadResult;
  readonly error?: UploadError;
}

/** Shows uploads while they run and what came of them. */
export interface UploadDisplay {
  follow(file: string, task: UploadTask): void;
  settled(outcome: FileOutcome): void;
  summary(outcomes: readonly FileOutcome[], interrupted: boolean): void;
}

const MEGA = 1_000_000;
/** Of an AppServer that gives no token it is told what it did: the function that asks it is not the user's. */
const reason = (error: UploadError | undefined): string =>
  (error?.cause instanceof CommandFailed ? error.cause : error)?.message ?? 'unknown';
const megabytesPerSecond = (bytes: number, seconds: number): number => bytes / MEGA / Math.max(seconds, 0.001);

/**
 * A bar a file on a terminal; plain lines where there is none.
 * @param resume whether unfinished uploads are to be remembered
 */
export function humanDisplay(out: NodeJS.WriteStream, resume: boolean): UploadDisplay {
  let remembered = resume;
  const bars = out.isTTY
    ? new MultiBar(
        {
          stream: out,
          format: '{name} [{bar}] {percentage}% {loadedText}/{totalText} {speed} {left}',
          barsize: 20,
          hideCursor: true,
          clearOnComplete: false,
          gracefulExit: false,
        },
        { format: '', barCompleteChar: '=', barIncompleteChar: ' ' },
      )
    : undefined;
  const shown = new Map<string, SingleBar>();

  function update(file: string, progress: UploadProgress, state: string): void {
    const bar = shown.get(file);
    if (!bar) return;
    bar.setTotal(Math.max(progress.total, 1));
    bar.update(progress.total === 0 && state === 'success' ? 1 : progress.loaded, payload(file, progress, state));
  }

  return {
    follow(file, task) {
      if (bars) shown.set(file, bars.create(1, 0, payload(file, task.progress, task.state)));
      task.on('progress', (progress) => update(file, progress, task.state));
      task.on('state', (state) => update(file, task.progress, state));
      task.on('retry', ({ scope, part, attempt, delay }) => {
        const what = part === undefined ? scope : `part ${part}`;
        bars?.log(`${name(file)}: ${what} failed, try ${attempt + 1} in ${(delay / 1000).toFixed(1)} s\n`);
      });
      task.on('warning', (warning) => {
        if (warning.code === 'CheckpointFailed') remembered = false;
        const line = `${name(file)}: warning: ${plain(warning.message)}\n`;
        if (bars) bars.log(line);
        else out.write(line);
      });
    },
    settled() {},
    summary(outcomes, interrupted) {
      bars?.stop();
      for (const { file, seconds, result, error } of outcomes) {
        if (result) {
          const id = result.videoId ? `VideoId ${result.videoId}` : `ImageId ${result.imageId}`;
          const speed = megabytesPerSecond(result.size, seconds).toFixed(1);
          out.write(`${name(file)}: ${result.size} bytes, ${seconds.toFixed(1)} s, ${speed} MB/s, ${id}\n`);
        } else if (!interrupted) out.write(`${name(file)}: failed: ${plain(reason(error))}\n`);
      }
      const done = outcomes.filter(({ result }) => result);
      const bytes = done.reduce((sum, { result }) => sum + (result?.size ?? 0), 0);
      if (outcomes.length > 1) out.write(`${done.length} of ${outcomes.length} files, ${bytes} bytes\n`);
      const next = remembered ? 'goes on where this one ended' : 'begins anew: nothing was remembered';
      if (interrupted) out.write(`Stopped. The same command ${next}.\n`);
    },
  };
}

const name = (file: string): string => plain(basename(file));

function payload(file: string, progress: UploadProgress, state: string): Record<string, string> {
  const left = progress.secondsLeft;
  const moving = state === 'uploading';
  return {
    name: shorten(name(file), 24).padEnd(24),
    loadedText: size(progress.loaded),
    totalText: size(progress.total),
    speed: moving ? `${(progress.bytesPerSecond / MEGA).toFixed(1)} MB/s` : state,
    left: moving && left !== undefined ? `${Math.ceil(left)} s left` : '',
  };
}

const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < MEGA) return `${(bytes / 1000).toFixed(0)} kB`;
  return bytes < 1000 * MEGA ? `${(bytes / MEGA).toFixed(1)} MB` : `${(bytes / MEGA / 1000).toFixed(2)} GB`;
}

const JSON_PROGRESS_MS = 500;

/** One JSON line an event, for scripts: `progress`, `retry`, `warning`, `done`, `failed`, `interrupted`, `summary`. */
export function jsonDisplay(out: NodeJS.WritableStream): UploadDisplay {
  const line = (value: object): void => {
    out.write(`${JSON.stringify(value)}\n`);
  };
  return {
    follow(file, task) {
      let toldAt = 0;
      task.on('progress', ({ loaded, total, bytesPerSecond, partsDone }) => {
        const now = Date.now();
        if (now - toldAt < JSON_PROGRESS_MS) return;
        toldAt = now;
        line({
          event: 'progress',
          file,
          loaded,
          total,
          bytesPerSecond: Math.round(bytesPerSecond),
          partsDone,
        });
      });
      task.on('retry', ({ scope, part, attempt, delay }) =>
        line({ event: 'retry', file, scope, part, attempt, delayMs: Math.round(delay) }),
      );
      task.on('warning', ({ code, message }) => line({ event: 'warning', file, code, message }));
    },
    settled({ file, seconds, result, error }) {
      if (result) {
        line({
          event: 'done',
          file,
          videoId: result.videoId,
          imageId: result.imageId,
          bucket: result.bucket,
          key: result.key,
          bytes: result.size,
          crc64: result.crc64,
          seconds: Number(seconds.toFixed(3)),
          mbPerSecond: Number(megabytesPerSecond(result.size, seconds).toFixed(2)),
        });
      } else if (error?.code === 'Closed') line({ event: 'interrupted', file });
      else line({ event: 'failed', file, code: error?.code, message: reason(error), status: error?.status });
    },
    summary(outcomes, interrupted) {
      const done = outcomes.filter(({ result }) => result);
      line({
        event: 'summary',
        files: outcomes.length,
        uploaded: done.length,
        bytes: done.reduce((sum, { result }) => sum + (result?.size ?? 0), 0),
        interrupted,
      });
    },
  };
}
