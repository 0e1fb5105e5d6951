/** The uploader: options resolved, one token for all files, a queue of tasks. */
import type { AuthFunction, StsCredentials, Uploader, UploaderOptions, UploadOptions, UploadTask } from '../api.js';
import type { Checkpoint, CheckpointStore, Clock, FileSource, PartHasher, Platform } from '../ports.js';
import type { appAuthority } from './app-authority.js';
import { CheckpointWriter, patientStore } from './checkpoint.js';
import type { uploadCover } from './cover.js';
import type { Line } from './exchange.js';
import { FileQueue, smallFilesAtOnce } from './file-queue.js';
import { Lanes } from './lanes.js';
import type { LinkControl } from './link-control.js';
import type { MediaAuthority } from './media-authority.js';
import type { mediaKind } from './media-kind.js';
import type { OssTarget } from './oss-target.js';
import { type PaceControl, UNLIMITED } from './pace-control.js';
import { Renewable } from './renewable.js';
import { resolveOptions } from './resolve-options.js';
import { ServerClock } from './server-clock.js';
import type { Settings } from './settings.js';
import { stsAuthority, type VodCaller, vodCaller } from './sts-authority.js';
import { type Job, type RunParts, Task, type TaskHost } from './task.js';
import type { TransferContext } from './transfer-context.js';
import { asUploadError, localError } from './upload-error.js';
import { unlessAborted } from './waiting.js';

/** For the compatibility façades: what the modern API does not offer. */
export interface InternalOptions {
  readonly renewAhead?: boolean;
  readonly credentialsTimeout?: number;
  readonly target?: Partial<OssTarget>;
  readonly objectHeaders?: readonly (readonly [string, string])[];
  /** Further parameters of CreateUploadVideo. */
  readonly vodParams?: Readonly<Record<string, string>>;
}

/** What an uploader can do beside uploading. Left out of the bundle by who composes an uploader without it. */
export interface Features {
  link(settings: Settings): LinkControl;
  /** @throws UploadError `InvalidOption` */
  checkOptions?(options: UploaderOptions<never>): void;
  /** Credential mode. */
  appAuthority?: typeof appAuthority;
  cover?: typeof uploadCover;
  /** Without it everything is a video unless the caller says otherwise. */
  mediaKind?: typeof mediaKind;
  /** One tab a file. */
  oneTab?: TaskHost['oneTab'];
  /** Limits the bandwidth. */
  pace?(clock: Clock, limit: number | undefined): PaceControl;
  progressOf?: TaskHost['progressOf'];
  /** Shares tokens with other tabs. */
  token?(
    load: (reason: Parameters<TokenLoad>[0], signal: AbortSignal) => ReturnType<TokenLoad>,
    platform: Pick<Platform<unknown>, 'clock' | 'tabs'>,
    name: string,
    lifetime: AbortSignal,
  ): TokenLoad;
  instant?(callVod: VodCaller, platform: Pick<Platform<unknown>, 'digests' | 'extras'>): MediaAuthority['instant'];
}

type TokenLoad = ConstructorParameters<typeof Renewable<StsCredentials>>[0]['load'];

export class UploaderCore<File> implements Pick<Uploader<File>, 'tasks' | 'upload' | 'close'> {
  protected readonly platform: Platform<File>;
  protected readonly settings: Settings;
  protected readonly line: Line;
  protected readonly checkpoints: CheckpointStore | undefined;
  protected readonly pace: PaceControl;
  protected readonly lifetime = new AbortController();
  /** STS mode only. */
  protected readonly callVod: VodCaller | undefined;
  protected readonly options: UploaderOptions<File>;
  readonly #internal: InternalOptions;
  readonly #hasher: PartHasher;
  readonly #link: LinkControl;
  readonly #lanes: Lanes;
  readonly #features: Features;
  readonly #queue: FileQueue<Task>;
  readonly #stsAuthority: MediaAuthority | undefined;
  readonly #claims = new Map<string, Task>();
  readonly #tasks = new Set<Task>();
  readonly #host: TaskHost;
  #forgetNetwork: (() => void) | undefined;

  /** @throws UploadError `InvalidOption` */
  constructor(platform: Platform<File>, options: UploaderOptions<File>, internal: InternalOptions, features: Features) {
    features.checkOptions?.(options);
    const { settings, endpoint } = resolveOptions(options, internal, platform.maxParallel);
    const { http = platform.http, clock = platform.clock, random = platform.random } = options;
    const env = { ...platform, http, clock, random };
    this.platform = env;
    this.settings = settings;
    this.options = options;
    this.#internal = internal;
    this.#hasher = options.hasher ?? platform.hasher;
    this.#link = features.link(settings);
    this.#lanes = new Lanes(this.#link);
    this.#features = features;
    this.pace = features.pace?.(clock, options.bandwidth) ?? UNLIMITED;
    this.#queue = new FileQueue<Task>(options.parallelFiles, smallFilesAtOnce(settings.maxParallel));
    this.line = {
      env,
      serverClock: new ServerClock(clock),
      timeout: settings.timeout,
      link: this.#link,
      reached: false,
    };
    const store = options.checkpoints === false ? undefined : (options.checkpoints ?? platform.checkpoints());
    this.checkpoints = store && patientStore(store, clock);
    if (options.credentials) {
      const token = this.#renewableToken(options.credentials, endpoint, features);
      this.callVod = vodCaller(this.line, settings, endpoint, token);
      const instant = features.instant?.(this.callVod, platform);
      this.#stsAuthority = {
        ...stsAuthority(this.line, this.callVod, internal.vodParams),
        ...(instant ? { instant } : {}),
      };
    }
    this.#host = {
      line: this.line,
      account: settings.account,
      oneTab: features.oneTab,
      progressOf: features.progressOf,
      enqueue: (task) => this.#queue.add(task),
      dequeue: (task) => this.#queue.remove(task),
      claim: async (fingerprint, task, signal) => {
        const holder = this.#claims.get(fingerprint) ?? task;
        if (holder === task) return void this.#claims.set(fingerprint, task);
        if (holder.state !== 'canceled') {
          throw localError('AlreadyUploading', 'This uploader is uploading the same file already.');
        }
        await unlessAborted(holder.ended, signal);
        return this.#host.claim(fingerprint, task, signal);
      },
      release: (task) => {
        for (const [fingerprint, holder] of this.#claims) if (holder === task) this.#claims.delete(fingerprint);
      },
      forget: (task) => {
        this.#tasks.delete(task);
        if (this.#tasks.size === 0) this.#ignoreNetwork();
      },
    };
  }

  get tasks(): readonly UploadTask[] {
    return [...this.#tasks];
  }

  upload(file: File, meta: UploadOptions = {}): UploadTask {
    return this.begin(() => Promise.resolve(file), this.platform.sizeOf?.(file), meta);
  }

  close(): void {
    for (const task of this.#tasks) task.close();
    this.#ignoreNetwork();
    this.lifetime.abort();
    // One that was handed in belongs to who made it.
    if (!this.options.hasher) this.#hasher.close?.();
    this.line.env.http.close?.();
  }

  /** Only while there is something to upload: an uploader that was made and forgotten leaves nothing behind. */
  #heedNetwork(): void {
    this.#forgetNetwork ??= this.platform.network?.onChange(() => {
      for (const task of this.#tasks) task.networkChanged();
    });
  }

  #ignoreNetwork(): void {
    this.#forgetNetwork?.();
    this.#forgetNetwork = undefined;
  }

  /** @param resume the unfinished upload to take up, and no other */
  protected begin(
    getFile: () => Promise<File>,
    size: number | undefined,
    meta: UploadOptions,
    resume?: Checkpoint,
  ): UploadTask {
    const task: Task = new Task(this.#host, this.#job(getFile, size, meta, resume));
    if (this.lifetime.signal.aborted) {
      task.close();
      return task;
    }
    if (task.state !== 'queued') return task;
    this.#heedNetwork();
    this.#tasks.add(task);
    this.#queue.add(task);
    return task;
  }

  #job(getFile: () => Promise<File>, size: number | undefined, meta: UploadOptions, resume?: Checkpoint): Job {
    let file: File | undefined;
    let stream: FileSource | undefined;
    const uploadImage = async (image: Blob, options: UploadOptions) => {
      // A task of its own, beside the queue: it must not wait for the place its video holds. Many videos may have one cover.
      const task = new Task(
        { ...this.#host, claim: async () => {} },
        this.#job(async () => image as File, image.size, options),
      );
      void task.start();
      try {
        return (await task.done).imageUrl;
      } finally {
        // Nobody else ends one that failed.
        task.close();
      }
    };
    return {
      meta,
      size,
      resume,
      open: async () => {
        const overrides = { fileName: meta.fileName, contentType: meta.contentType };
        try {
          file ??= await getFile();
          const source = stream ?? (await this.platform.open(file, overrides, this.#hasher));
          // A stream can be opened only once.
          if (source.size === undefined) stream = source;
          return source;
        } catch (error) {
          throw asUploadError(error, 'FileUnreadable', 'The file could not be opened');
        }
      },
      cover: (warning, signal) => this.#features.cover?.(meta, uploadImage, warning, signal),
      context: (run) => this.#context(run, file as File, resume),
      end: () => stream?.cancel?.(),
    };
  }

  #context(run: RunParts, file: File, resume: Checkpoint | undefined): TransferContext {
    const { listener, meta, source } = run;
    const { env } = this.line;
    // Audio is a video, too, also where a caller says so.
    const kind = (meta.kind ?? this.#features.mediaKind?.(source.name, source.type)) === 'image' ? 'image' : 'video';
    const writer =
      this.checkpoints &&
      new CheckpointWriter(this.checkpoints, env.clock, (error) =>
        listener.warning(asUploadError(error, 'CheckpointFailed', 'The checkpoint could not be written')),
      );
    return {
      ...run,
      line: this.line,
      link: this.#link,
      lanes: this.#lanes,
      pace: this.pace,
      hasher: this.#hasher,
      settings: this.settings,
      authority: this.#stsAuthority ?? this.#authority(file),
      kind,
      instant: (meta.instant ?? this.settings.instant) && kind === 'video' && source.size !== undefined,
      targetOverride: this.#internal.target ?? {},
      checkpoints: this.checkpoints,
      writer,
      resume,
      store: {
        line: this.line,
        settings: this.settings,
        objectHeaders: this.#internal.objectHeaders ?? [],
        contentType: contentType(source),
        onRetry: (error, attempt, delay, part) => {
          if (part !== undefined) this.#link.failed();
          listener.retry({ scope: part === undefined ? 'call' : 'part', part, attempt, delay, error });
        },
      },
    };
  }

  #authority(file: File): MediaAuthority {
    const { appAuthority } = this.#features;
    // Options without credentials are refused where there is no credential mode.
    return (appAuthority as NonNullable<typeof appAuthority>)(
      this.line,
      this.settings,
      this.options.auth as AuthFunction<File>,
      file,
    );
  }

  #renewableToken(
    credentials: NonNullable<UploaderOptions['credentials']>,
    endpoint: string,
    features: Features,
  ): Renewable<StsCredentials> {
    const { line, settings } = this;
    const { account } = settings;
    const own: TokenLoad = async (reason, signal) => {
      try {
        const value = await credentials({ reason, signal });
        checkCredentials(value);
        return { value, expiresAt: instant(value.expiration) };
      } catch (error) {
        throw asUploadError(error, 'CredentialsFailed', 'credentials() failed');
      }
    };
    const name = `sluice.token.${endpoint}.${account}`;
    const shared = account !== '' && features.token?.(own, this.platform, name, this.lifetime.signal);
    return new Renewable<StsCredentials>({
      line,
      settings,
      signal: this.lifetime.signal,
      load: shared || own,
      onRenewed: (reason, expiresAt) => {
        for (const task of this.#tasks) task.tell('credentials', { layer: 'token', reason, expiresAt });
      },
      onRetry: (error, attempt, delay) => {
        for (const task of this.#tasks) task.tell('retry', { scope: 'credentials', attempt, delay, error });
      },
    });
  }
}

function contentType(source: FileSource): string {
  return source.type || 'application/octet-stream';
}

function checkCredentials(value: StsCredentials | undefined): asserts value is StsCredentials {
  const { accessKeyId, accessKeySecret, securityToken } = (value ?? {}) as Partial<StsCredentials>;
  if (accessKeyId && accessKeySecret && securityToken) return;
  throw localError(
    'CredentialsFailed',
    'credentials() answered without accessKeyId, accessKeySecret or securityToken.',
  );
}

function instant(expiration: StsCredentials['expiration']): number | undefined {
  const ms = new Date(expiration ?? Number.NaN).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}
