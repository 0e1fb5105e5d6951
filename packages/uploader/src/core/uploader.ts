/** The uploader: options resolved, one token for all files, a queue of tasks. */
import type { StsCredentials, Uploader, UploaderOptions, UploadOptions, UploadTask } from '../api.js';
import type { CheckpointStore, Environment, FileSource, Platform } from '../ports.js';
import { appAuthority } from './app-authority.js';
import { CheckpointWriter } from './checkpoint.js';
import type { Line } from './exchange.js';
import type { MediaAuthority } from './media-authority.js';
import { mediaKind } from './media-kind.js';
import type { OssTarget } from './oss-target.js';
import { Renewable } from './renewable.js';
import { resolveOptions } from './resolve-options.js';
import { ServerClock } from './server-clock.js';
import type { Settings } from './settings.js';
import { stsAuthority } from './sts-authority.js';
import { Task, type TaskHost } from './task.js';
import { asUploadError, localError } from './upload-error.js';

/** For the compatibility façade: what the modern API does not offer. */
export interface InternalOptions {
  readonly renewAhead?: boolean;
  readonly credentialsTimeout?: number;
  readonly target?: Partial<OssTarget>;
  readonly objectHeaders?: readonly (readonly [string, string])[];
}

/** @throws UploadError `InvalidOption` */
export function createUploaderOn<File>(
  platform: Platform<File>,
  options: UploaderOptions<File>,
  internal: InternalOptions = {},
): Uploader<File> {
  return new UploaderCore(platform, options, internal);
}

class UploaderCore<File> implements Uploader<File> {
  readonly #platform: Platform<File>;
  readonly #options: UploaderOptions<File>;
  readonly #internal: InternalOptions;
  readonly #settings: Settings;
  readonly #endpoint: string;
  readonly #parallelFiles: number;
  readonly #line: Line;
  readonly #checkpoints: CheckpointStore | undefined;
  readonly #lifetime = new AbortController();
  readonly #token: Renewable<StsCredentials> | undefined;
  readonly #queue: Task[] = [];
  readonly #claims = new Map<string, Task>();
  readonly #tasks = new Set<Task>();
  #running = 0;

  constructor(platform: Platform<File>, options: UploaderOptions<File>, internal: InternalOptions) {
    const { settings, endpoint, parallelFiles } = resolveOptions(options, internal);
    const env: Environment = {
      http: options.http ?? platform.http,
      clock: options.clock ?? platform.clock,
      random: options.random ?? platform.random,
      hasher: options.hasher ?? platform.hasher,
      digests: platform.digests,
      readXml: platform.readXml,
      reportError: platform.reportError,
    };
    this.#platform = platform;
    this.#options = options;
    this.#internal = internal;
    this.#settings = settings;
    this.#endpoint = endpoint;
    this.#parallelFiles = parallelFiles;
    this.#line = { env, serverClock: new ServerClock(env.clock), timeout: settings.timeout };
    this.#checkpoints = options.checkpoints === false ? undefined : (options.checkpoints ?? platform.checkpoints());
    this.#token = options.credentials && this.#renewableToken(options.credentials);
  }

  get tasks(): readonly UploadTask[] {
    return [...this.#tasks];
  }

  upload(file: File, meta: UploadOptions = {}): UploadTask {
    const task: Task = new Task(this.#host(file, meta), meta.signal);
    if (this.#lifetime.signal.aborted) {
      task.close();
      return task;
    }
    if (task.state !== 'queued') return task;
    this.#tasks.add(task);
    this.#enqueue(task);
    return task;
  }

  close(): void {
    for (const task of this.#tasks) task.close();
    this.#lifetime.abort();
    this.#line.env.http.close?.();
  }

  #enqueue(task: Task): void {
    this.#queue.push(task);
    // In a microtask, so that the caller can listen to the first events.
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    while (this.#running < this.#parallelFiles) {
      const task = this.#queue.shift();
      if (!task) return;
      this.#running++;
      void task.start().finally(() => {
        this.#running--;
        this.#pump();
      });
    }
  }

  #host(file: File, meta: UploadOptions): TaskHost {
    const host: TaskHost = {
      line: this.#line,
      open: async () => {
        const overrides = { fileName: meta.fileName, contentType: meta.contentType };
        try {
          return await this.#platform.open(file, overrides);
        } catch (error) {
          throw asUploadError(error, 'FileUnreadable', 'The file could not be opened');
        }
      },
      context: (source, fingerprint, meter, listener, lifetime) => ({
        line: this.#line,
        settings: this.#settings,
        authority: this.#authority(file),
        source,
        meta,
        kind: meta.kind ?? mediaKind(source.name, source.type),
        fingerprint,
        targetOverride: this.#internal.target ?? {},
        meter,
        checkpoints: this.#checkpoints,
        writer:
          this.#checkpoints &&
          new CheckpointWriter(this.#checkpoints, this.#line.env.clock, (error) =>
            listener.warning(asUploadError(error, 'CheckpointFailed', 'The checkpoint could not be written')),
          ),
        store: {
          line: this.#line,
          settings: this.#settings,
          objectHeaders: this.#internal.objectHeaders ?? [],
          contentType: contentType(source),
          onRetry: (error, attempt, delay, part) =>
            listener.retry({ scope: part === undefined ? 'call' : 'part', part, attempt, delay, error }),
        },
        listener,
        lifetime,
      }),
      enqueue: (task) => this.#enqueue(task),
      dequeue: (task) => {
        const at = this.#queue.indexOf(task);
        if (at >= 0) this.#queue.splice(at, 1);
      },
      claim: (fingerprint, task) => {
        const holder = this.#claims.get(fingerprint) ?? task;
        if (holder !== task) throw localError('AlreadyUploading', 'This uploader is uploading the same file already.');
        this.#claims.set(fingerprint, task);
      },
      release: (task) => {
        for (const [fingerprint, holder] of this.#claims) if (holder === task) this.#claims.delete(fingerprint);
      },
      forget: (task) => this.#tasks.delete(task),
      report: (error) => this.#line.env.reportError(error),
    };
    return host;
  }

  #authority(file: File): MediaAuthority {
    const { auth } = this.#options;
    if (auth) return appAuthority(this.#line, this.#settings, auth, file);
    return stsAuthority(this.#line, this.#settings, this.#endpoint, this.#token as Renewable<StsCredentials>);
  }

  #renewableToken(credentials: NonNullable<UploaderOptions['credentials']>): Renewable<StsCredentials> {
    const { credentialsTimeout, renewAhead, retryCount, retryDelay } = this.#settings;
    return new Renewable<StsCredentials>({
      env: this.#line.env,
      serverClock: this.#line.serverClock,
      ahead: renewAhead,
      retryCount,
      retryDelay,
      timeout: credentialsTimeout,
      signal: this.#lifetime.signal,
      load: async (reason, signal) => {
        try {
          const value = await credentials({ reason, signal });
          checkCredentials(value);
          return { value, expiresAt: instant(value.expiration) };
        } catch (error) {
          throw asUploadError(error, 'CredentialsFailed', 'credentials() failed');
        }
      },
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

function checkCredentials(value: StsCredentials): void {
  const { accessKeyId, accessKeySecret, securityToken } = value;
  if (accessKeyId && accessKeySecret && securityToken) return;
  throw localError(
    'CredentialsFailed',
    'credentials() answered without accessKeyId, accessKeySecret or securityToken.',
  );
}

function instant(expiration: StsCredentials['expiration']): number | undefined {
  const ms = expiration === undefined ? Number.NaN : new Date(expiration).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}
