/** A world in which anything may happen: one device with tabs, a line, a cloud, an application that hands out tokens. */
import { nodeDigests } from '@sluice/wire/node';
import type { AuthContext, StsCredentials, Uploader, UploaderOptions } from '../../api.js';
import { adviceFor } from '../../core/advice.js';
import * as extras from '../../core/extras.js';
import { createUploaderOn } from '../../core/full-uploader.js';
import { readParsedXml } from '../../node/parsed-xml.js';
import type { Platform } from '../../ports.js';
import { ManualNetwork } from '../manual-network.js';
import { MiniCloud } from '../mini-cloud.js';
import { type ChanceFile, content, hasher, type Opened, openChanceFile } from './files.js';
import { ChanceLine, type LineOptions, type Sender, type Sent } from './line.js';
import { ChanceLocks } from './locks.js';
import { ChanceRecords } from './records.js';
import { Timeline } from './timeline.js';

export interface WorldOptions extends LineOptions {
  readonly mode: 'sts' | 'auth';
  readonly parallel: number | 'auto';
  readonly partSize: number | 'auto';
  readonly parallelFiles: number | undefined;
  readonly retryCount: number;
  readonly account: string;
  readonly checkpoints: boolean;
  readonly tabs: boolean;
  /** Milliseconds. */
  readonly tokenLife: number;
  readonly authLife: number;
  /** Milliseconds the clock of the device is ahead. */
  readonly skew: number;
  readonly listCrc: boolean;
  /** Parts of one page of a list. */
  readonly pageSize: number;
  readonly extensions: boolean;
  /** Milliseconds a reading of a file takes. */
  readonly disk: number;
  readonly seed: number;
}

export type TokenFaultKind = 'rejects' | 'refuses' | 'hangs' | 'slow' | 'stale' | 'malformed';
export interface TokenFault {
  readonly kind: TokenFaultKind;
  readonly times: number;
}

/** One page: an uploader and what it has in its hands. */
export interface Page extends Sender {
  alive: boolean;
  closed: boolean;
  readonly uploader: Uploader<ChanceFile>;
  readonly opened: Opened;
  readonly network: ManualNetwork;
}

export class ChanceWorld {
  readonly options: WorldOptions;
  readonly timeline = new Timeline();
  readonly cloud: MiniCloud;
  readonly line: ChanceLine;
  readonly records: ChanceRecords;
  readonly locks = new ChanceLocks();
  readonly files = new Map<string, ChanceFile>();
  readonly pages: Page[] = [];
  readonly reported: unknown[] = [];
  tokenFaults: TokenFault[] = [];
  #online = true;
  #networks = new Set<ManualNetwork>();
  #lastToken: StsCredentials | undefined;
  readonly #left = new Map<TokenFault, number>();
  #random: number;

  constructor(options: WorldOptions) {
    this.options = options;
    this.#random = options.seed | 1;
    this.timeline.wrong = options.skew;
    const { authLife, extensions, listCrc, pageSize, tokenLife } = options;
    this.cloud = new MiniCloud({
      now: () => this.timeline.now(),
      ossEndpoint: 'http://oss.test',
      authLife,
      pageSize,
      tokenLife,
    });
    this.cloud.listCrc = listCrc;
    this.cloud.extensions = extensions;
    this.line = new ChanceLine(this.cloud, this.timeline, options);
    this.records = new ChanceRecords(this.timeline);
  }

  get online(): boolean {
    return this.#online;
  }

  set online(online: boolean) {
    this.#online = online;
    this.line.down = !online;
    for (const network of [...this.#networks]) network.set(online);
  }

  /** The device wakes up, or its connection is another one. */
  nudge(): void {
    this.online = this.#online;
  }

  /** A page on this device. */
  open(): Page {
    const { options } = this;
    const network = new ManualNetwork();
    network.set(this.#online);
    this.#networks.add(network);
    const opened: Opened = { sources: 0, parts: 0 };
    const page = {
      alive: true,
      closed: false,
      sent: [] as Sent[],
      flying: new Set<Sent>(),
      opened,
      network,
    };
    const clock = this.timeline.clockOf(page);
    const platform: Platform<ChanceFile> = {
      http: this.line.stackOf(page),
      clock,
      random: () => this.#next(),
      digests: nodeDigests,
      hasher,
      maxParallel: 5,
      advice: adviceFor,
      readXml: readParsedXml,
      network,
      reportError: (error) => this.reported.push(error),
      extras: async () => extras,
      open: async (file) => openChanceFile(this.#asFile(file), clock, options.disk, opened),
      sizeOf: (file) => (file instanceof Blob ? file.size : file.stream ? undefined : file.bytes.length),
      reopen: async (handle) => this.file(String(handle)),
      checkpoints: () => (options.checkpoints ? this.records.storeOf(page) : undefined),
      ...(options.tabs ? { tabs: this.locks.tabOf(page, clock) } : {}),
    };
    const { account, mode, parallel, parallelFiles, partSize, retryCount } = options;
    const chosen: UploaderOptions<ChanceFile> = {
      endpoint: 'http://vod.test',
      account: account || undefined,
      parallel,
      parallelFiles,
      partSize,
      retryCount,
      ...(mode === 'sts'
        ? { credentials: () => this.#told(clock, () => this.#token()) }
        : { auth: (context) => this.#told(clock, () => this.#grant(context)) }),
    };
    const opening = Object.assign(page, { uploader: createUploaderOn(platform, chosen) });
    this.pages.push(opening);
    return opening;
  }

  /** The page dies, without a word. */
  crash(page: Page): void {
    page.alive = false;
    this.timeline.drop(page);
    this.#networks.delete(page.network);
    this.locks.drop(page);
  }

  file(name: string): ChanceFile {
    const file = this.files.get(name);
    if (!file) throw new Error(`no file ${name}`);
    return file;
  }

  heal(): void {
    this.line.faults = [];
    this.records.faults = [];
    this.tokenFaults = [];
    // The credential of an image cannot be renewed.
    this.cloud.options.authLife = 3_000_000;
    for (const file of this.files.values()) file.unreadable = false;
    this.online = true;
  }

  /** Covers are Blobs; a test has files of its own only. */
  #asFile(file: ChanceFile): ChanceFile {
    if (!(file instanceof Blob)) return file;
    const bytes = content(99, 0, file.size);
    return { name: 'cover.jpg', bytes, lastModified: 0, unreadable: false, versions: [bytes], stream: undefined };
  }

  async #told<T>(clock: { setTimeout(run: () => void, ms: number): unknown }, run: () => T): Promise<T> {
    const fault = this.#tokenFault();
    const ms = fault === 'slow' ? 50_000 : 15;
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
    if (fault === 'hangs') await new Promise(() => {});
    if (!this.#online) throw new TypeError('no connection');
    if (fault === 'rejects') throw new TypeError('the application does not answer');
    if (fault === 'refuses') throw Object.assign(new Error('no'), { code: 'Forbidden' });
    if (fault === 'malformed') return {} as T;
    if (fault === 'stale' && this.#lastToken) return this.#lastToken as T;
    const told = run();
    if (this.options.mode === 'sts') this.#lastToken = told as StsCredentials;
    return told;
  }

  #token(): StsCredentials {
    return this.cloud.issueToken();
  }

  #grant({ kind, file, videoId }: AuthContext<ChanceFile>) {
    if (kind !== 'refresh-video') {
      return this.cloud.grant(kind === 'create-image' ? 'image' : 'video', file.name) as { UploadAuth: string };
    }
    if (!this.cloud.media.has(videoId ?? '')) {
      throw Object.assign(new Error('gone'), { code: 'InvalidVideo.NotFound' });
    }
    return this.cloud.refresh(videoId ?? '') as { UploadAuth: string };
  }

  #tokenFault(): TokenFaultKind | undefined {
    const fault = this.tokenFaults[0];
    if (!fault) return undefined;
    const left = (this.#left.get(fault) ?? fault.times) - 1;
    this.#left.set(fault, left);
    if (left <= 0) this.tokenFaults = this.tokenFaults.slice(1);
    return fault.kind;
  }

  #next(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return (x >>> 0) / 2 ** 32;
  }
}
