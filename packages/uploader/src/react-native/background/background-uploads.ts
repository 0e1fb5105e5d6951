/** Hands the missing parts of unfinished uploads to the operating system, and takes them back. */
import { decodeUploadAddress, decodeUploadAuth, parseIso } from '@sluice/wire';
import { nobleDigests } from '@sluice/wire/noble';
import type { UploadGrant } from '../../api.js';
import { systemClock } from '../../core/system.js';
import type { Checkpoint, CheckpointStore, Clock, HttpStack } from '../../ports.js';
import { oneAtATime } from '../file-port.js';
import { KeyValueCheckpoints, type KeyValueStore } from '../key-value-checkpoints.js';
import { NativeXhrHttpStack } from '../xhr-http-stack.js';
import { type MissingPart, missingParts } from './missing-parts.js';
import type { BackgroundTransfer, PartFiles } from './ports.js';
import { PART_CONTENT_TYPE, signedPartUrl } from './signed-part.js';
import { storedParts } from './stored-parts.js';

/** Options of {@link BackgroundUploads}. */
export interface BackgroundOptions {
  /** The same store the uploader remembers in. */
  readonly storage: KeyValueStore;
  readonly transfer: BackgroundTransfer;
  readonly partFiles: PartFiles;
  /**
   * RefreshUploadVideo: your back end's answer, or `refreshWithToken`. The signed URLs carry this credential, which is for
   * one file and ends within the hour.
   */
  readonly refresh: (videoId: string) => Promise<UploadGrant>;
  /** Bytes of one part, default 8 MiB. */
  readonly partSize?: number | undefined;
  /** Bytes handed over at most: so much is copied into temporary files. Default 64 MiB. */
  readonly most?: number | undefined;
  /** Of V4 signatures where the UploadAuth names none, default `cn-shanghai`. */
  readonly region?: string | undefined;
  readonly cname?: boolean | undefined;
  /** Default: those of `storage`. */
  readonly checkpoints?: CheckpointStore | undefined;
  readonly http?: HttpStack | undefined;
  readonly clock?: Clock | undefined;
}

/** What {@link BackgroundUploads.handOver} gave to the system. */
export interface HandedOver {
  readonly parts: number;
  readonly bytes: number;
  /** What kept uploads from being handed over; the others were. */
  readonly failures: readonly { readonly fileName: string; readonly error: unknown }[];
}

/** Not worth it with less: seconds of life of the credential. */
const LEAST_LIFE = 120;
/** Seconds before its end that the URLs are no longer used. */
const MARGIN = 15;
const JOBS = 'sluice.background.jobs';

interface NotedJob {
  readonly id: string;
  readonly file: string;
}

/**
 * Parts that go on while the application is suspended or killed. One record is shared with the uploader: its checkpoint. What
 * the background did is read off the server's list of parts, never off what the system tells: so nothing can be counted
 * that is not stored, and nothing has to be remembered beside the temporary files.
 *
 * The last step, completing the upload, is left to the uploader when the application runs again.
 *
 * @example
 * AppState.addEventListener('change', async (state) => {
 *   if (state === 'background') {
 *     for (const task of uploader.tasks) task.pause();
 *     await background.handOver();
 *   } else if (state === 'active') {
 *     await background.takeBack();
 *     for (const task of uploader.tasks) task.resume();
 *   }
 * });
 */
export class BackgroundUploads {
  readonly #options: BackgroundOptions;
  readonly #checkpoints: CheckpointStore;
  readonly #clock: Clock;
  readonly #http: HttpStack;
  /** Leaving and coming back may overlap. */
  readonly #alone = oneAtATime();

  constructor(options: BackgroundOptions) {
    this.#options = options;
    this.#checkpoints = options.checkpoints ?? new KeyValueCheckpoints(options.storage);
    this.#clock = options.clock ?? systemClock;
    this.#http = options.http ?? new NativeXhrHttpStack();
  }

  /**
   * Pause the uploads first, or parts are sent twice. Newest uploads first, up to `most` bytes. Never rejects for one
   * upload; rejects when the store of the device cannot be read.
   */
  handOver(): Promise<HandedOver> {
    return this.#alone(async () => {
      const records = [...(await this.#checkpoints.list())].sort((a, b) => b.createdAt - a.createdAt);
      const failures: { fileName: string; error: unknown }[] = [];
      let parts = 0;
      let bytes = 0;
      for (const record of records) {
        const room = (this.#options.most ?? 64 * 1024 * 1024) - bytes;
        if (room < record.unit || typeof record.handle !== 'string') continue;
        try {
          for (const part of await this.#handOverOne(record, record.handle, room)) {
            parts++;
            bytes += part.end - part.start;
          }
        } catch (error) {
          failures.push({ fileName: record.fileName, error });
        }
      }
      return { parts, bytes, failures };
    });
  }

  /**
   * Ends what is still running and removes the temporary files. Then resume the uploads: they ask the server what it has.
   * Never rejects for one job: what cannot be ended or removed is taken up by the next call.
   */
  takeBack(): Promise<void> {
    return this.#alone(async () => {
      const { transfer, partFiles, storage } = this.#options;
      const noted = await this.#noted();
      const running = new Set(await transfer.jobs());
      const left: NotedJob[] = [];
      for (const job of noted) {
        try {
          if (running.has(job.id)) await transfer.cancel(job.id);
          await partFiles.remove(job.file);
        } catch {
          left.push(job);
        }
      }
      if (left.length > 0) await storage.setItem(JOBS, JSON.stringify(left));
      else await storage.removeItem(JOBS);
    });
  }

  async #handOverOne(record: Checkpoint, uri: string, room: number): Promise<MissingPart[]> {
    const { refresh, transfer, partFiles, region = 'cn-shanghai', partSize = 8 * 1024 * 1024 } = this.#options;
    const asked = this.#clock.now();
    const grant = await refresh(record.videoId);
    const auth = decodeUploadAuth(grant.UploadAuth);
    if (!auth) throw new Error('The UploadAuth is missing or not base64 of the expected JSON.');
    const address = grant.UploadAddress ? decodeUploadAddress(grant.UploadAddress) : undefined;
    if (address && (address.Bucket !== record.bucket || address.FileName !== record.key)) {
      throw new Error('The media is stored elsewhere now.');
    }
    // Of a phone whose clock is wrong neither the beginning nor the end of a URL would be right: lifetime and instant of the
    // end together tell what time it is at the server.
    const end = parseIso(auth.ExpireUTCTime ?? '');
    const life = Number(auth.Expiration) || ((end ?? asked) - asked) / 1000;
    const now = end !== undefined && Number(auth.Expiration) > 0 ? end - life * 1000 : asked;
    const seconds = Math.floor(life) - MARGIN;
    if (seconds < LEAST_LIFE) throw new Error(`The credential lives ${Math.floor(life)} s only.`);
    const place = {
      endpoint: address?.Endpoint ?? record.endpoint,
      bucket: record.bucket,
      key: record.key,
      uploadId: record.uploadId,
      cname: this.#options.cname ?? false,
    };
    const signing = { digests: nobleDigests, auth, region: auth.Region || region, place, now, seconds };
    const stored = await storedParts(this.#http, signing);
    const handed: MissingPart[] = [];
    let left = room;
    for (const part of missingParts(record, stored, Math.min(partSize, room))) {
      if (part.end - part.start > left) break;
      const id = `sluice-${record.fingerprint}-${part.number}-${asked.toString(36)}`;
      const file = await partFiles.write(uri, part.start, part.end, `${id}.part`);
      // Noted before it runs: a temporary file is never forgotten.
      await this.#note({ id, file });
      const url = signedPartUrl(signing, part.number);
      const metadata = { fingerprint: record.fingerprint, part: String(part.number) };
      await transfer.put({ id, url, headers: { 'content-type': PART_CONTENT_TYPE }, file, metadata });
      handed.push(part);
      left -= part.end - part.start;
    }
    return handed;
  }

  async #noted(): Promise<NotedJob[]> {
    try {
      const jobs: unknown = JSON.parse((await this.#options.storage.getItem(JOBS)) ?? '[]');
      return Array.isArray(jobs) ? jobs.filter(isNoted) : [];
    } catch {
      return [];
    }
  }

  async #note(job: NotedJob): Promise<void> {
    await this.#options.storage.setItem(JOBS, JSON.stringify([...(await this.#noted()), job]));
  }
}

function isNoted(job: unknown): job is NotedJob {
  const { id, file } = (typeof job === 'object' && job !== null ? job : {}) as Partial<NotedJob>;
  return typeof id === 'string' && typeof file === 'string';
}
