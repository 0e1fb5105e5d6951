/** Runs in the page: one uploader, watched through everything a page can see of it. */
import type { Backend, FaultRule, Grant, Info, Uploader } from './page-types.js';
import { sampleBytes } from './sample-bytes.js';

declare global {
  interface Window {
    AliyunUpload: { Vod: new (options: Record<string, unknown>) => Uploader };
    /** Lines so far; the test reads them. */
    trace: { readonly text: string }[];
    stored: { name: string; mediaId: string; size: number; seed: number }[];
  }
}

const exposed = window as unknown as Backend;
/** A page that waits for its back end is not quiet. */
const backend: Backend = {
  backendToken: (policy) => counted(exposed.backendToken(policy)),
  backendGrant: (request) => counted(exposed.backendGrant(request)),
  backendVideo: (videoId) => counted(exposed.backendVideo(videoId)),
  faults: (rules) => counted(exposed.faults(rules)),
};

async function counted<T>(work: Promise<T>): Promise<T> {
  inFlight++;
  try {
    return await work;
  } finally {
    inFlight--;
  }
}

const PARAM = JSON.stringify({ Vod: { Title: 'Talk', Tags: 'a,b' } });

const PART = 262_144;
type Mode = 'sts' | 'auth' | 'none';
type Callback = (...args: never[]) => unknown;

/** Requests in the air: a page is quiet when there are none, and nothing was told for a while. */
let inFlight = 0;
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (body) {
  inFlight++;
  this.addEventListener('loadend', () => inFlight--, { once: true });
  send.call(this, body);
};

export class Bench {
  /** Bytes of one part. */
  readonly part = PART;
  readonly sleep = sleep;
  readonly lines: Line[] = [];
  uploader!: Uploader;
  readonly #seeds = new Map<File, number>();
  #mode: Mode = 'sts';
  #last = performance.now();
  readonly #fraction = new Map<File, number>();
  readonly #progressed = new Set<File>();
  readonly #thrown = new Set<string>();
  #taken = 0;
  #tellsAdded = true;

  constructor() {
    window.trace = this.lines;
    window.stored = [];
    // What a page throws, or an SDK without being asked, is part of what a page sees.
    window.addEventListener('error', (event) => this.#thrown.add(`uncaught ${nameOfError(event.error)}`));
    window.addEventListener('unhandledrejection', (event) =>
      this.#thrown.add(`unhandled rejection ${nameOfError(event.reason)}`),
    );
  }

  say(line: string): void {
    this.#last = performance.now();
    if (this.lines.at(-1)?.text !== line) this.#push({ text: line });
  }

  /** Always the same file, also after a reload: the user picks it again. */
  file(size: number, name = 'a.mp4', type = 'video/mp4'): File {
    const seed = size + name.length;
    const file = new File([sampleBytes(size, seed)], name, { type, lastModified: 1_700_000_000_000 });
    this.#seeds.set(file, seed);
    return file;
  }

  /**
   * @param mode how onUploadstarted and onUploadTokenExpired are answered, unless a callback of its own is given
   * @param callbacks called after the line is written; one of them that is `null` is not given to the uploader at all
   */
  create(mode: Mode, options: Record<string, unknown> = {}, callbacks: Record<string, Callback | null> = {}): Uploader {
    this.#mode = mode;
    const answers: Record<string, (info: Info) => unknown> = {
      onUploadstarted: (info) => this.answer(info),
      onUploadTokenExpired: (info) => this.answerExpired(info),
    };
    const watched = Object.fromEntries(
      CALLBACKS.filter((name) => callbacks[name] !== null).map((name) => [
        name,
        (...args: unknown[]) => {
          this.#tell(name, args);
          const own = (callbacks[name] ?? answers[name]) as ((...args: unknown[]) => unknown) | undefined;
          return own?.(...args);
        },
      ]),
    );
    this.uploader = new window.AliyunUpload.Vod({
      userId: '1',
      region: 'cn-shanghai',
      partSize: PART,
      parallel: 2,
      retryDuration: 0.1,
      ...options,
      ...watched,
    });
    const { uploader } = this;
    const addFile = uploader.addFile.bind(uploader);
    uploader.addFile = (...args) => {
      const answer = addFile(...args);
      if (answer === true) this.#taken++;
      return answer;
    };
    this.#tellsAdded = callbacks.addFileSuccess !== null;
    return uploader;
  }

  add(file: File, paramData: unknown = PARAM): unknown {
    return this.uploader.addFile(file, null, null, null, paramData);
  }

  /** As the documentation shows it: a refresh when the video is known, a creation otherwise. */
  async answer(info: Info): Promise<void> {
    if (this.#mode === 'sts') {
      const { accessKeyId, accessKeySecret, securityToken } = await backend.backendToken();
      this.uploader.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
    }
    if (this.#mode === 'auth') {
      const grant = await this.grant(info);
      this.uploader.setUploadAuthAndAddress(
        info,
        grant.UploadAuth,
        grant.UploadAddress,
        grant.VideoId ?? grant.ImageId,
      );
    }
  }

  async answerExpired(info: Info): Promise<void> {
    if (this.#mode === 'sts') {
      const { accessKeyId, accessKeySecret, securityToken } = await backend.backendToken();
      this.uploader.resumeUploadWithSTSToken(accessKeyId, accessKeySecret, securityToken);
    }
    if (this.#mode === 'auth') this.uploader.resumeUploadWithAuth((await this.grant(info)).UploadAuth);
  }

  token(policy?: string): ReturnType<Backend['backendToken']> {
    return backend.backendToken(policy);
  }

  grant(info: Info): Promise<Grant> {
    return backend.backendGrant({ videoId: info.videoId, fileName: info.file.name, image: info.isImage });
  }

  video(videoId: string): ReturnType<Backend['backendVideo']> {
    return backend.backendVideo(videoId);
  }

  faults(...rules: FaultRule[]): Promise<void> {
    return backend.faults(rules);
  }

  /** Waits until every file that was taken is told by addFileSuccess. */
  async added(): Promise<void> {
    if (this.#tellsAdded) await this.seen('addFileSuccess', this.#taken);
    else await this.quiet(300);
  }

  /**
   * Waits until nothing is in the air and nothing was told for a while: not long after onUploadEnd, longer when both
   * SDKs may only be waiting.
   */
  async quiet(ms = 1500): Promise<void> {
    const over = () => (this.lines.at(-1)?.text.startsWith('onUploadEnd') ? 300 : ms);
    // In steps, so that a machine that stands still does not count as a page that does.
    for (let still = 0; still < over(); ) {
      const before = performance.now();
      await sleep(25);
      const moved = inFlight > 0 || this.#last > before;
      still = moved ? 0 : still + 25;
    }
  }

  /** Waits until a line that begins so was written. @param times so often */
  seen(beginning: string, times = 1): Promise<void> {
    const count = () => this.lines.filter((line) => line.text.startsWith(beginning)).length;
    return this.until(beginning, () => count() >= times);
  }

  /** Waits until a file has so much behind it. */
  loaded(file: File, fraction: number): Promise<void> {
    return this.until(`${fraction} loaded`, () => (this.#fraction.get(file) ?? 0) >= fraction);
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    for (let waited = 0; waited < 30_000; waited += 10) {
      if (holds()) return;
      await sleep(10);
    }
    this.say(`never: ${what}`);
  }

  /** Writes down what a call answers or throws. */
  call(what: string, run: () => unknown): void {
    try {
      const answer = run();
      this.say(
        `${what} → ${answer === undefined || answer === true ? 'taken' : answer === false ? 'refused' : String(answer)}`,
      );
    } catch (error) {
      this.say(`${what} throws ${nameOfError(error)}`);
    }
  }

  state(): string {
    return this.uploader._state ?? this.uploader.state ?? '?';
  }

  list(): void {
    const files = this.uploader.listFiles().map((info) => `${info.file.name}=${info.state}`);
    this.say(`list ${this.state()}: ${files.join(' ') || 'empty'}`);
  }

  /** The end: how everything stands, and what the test has to look for on the server. */
  finish(): void {
    this.list();
    for (const line of this.#thrown) this.say(line);
    for (const info of this.uploader.listFiles()) {
      if (info.state === 'Success') this.#remember(info);
    }
  }

  #remember(info: Info): void {
    const seed = this.#seeds.get(info.file);
    const mediaId = info.imageId ?? info.videoId ?? /[0-9a-f]{32}/.exec(info.object ?? '')?.[0];
    if (seed === undefined || !mediaId) return;
    window.stored.push({ name: info.file.name, mediaId, size: info.file.size, seed });
  }

  #tell(name: string, args: unknown[]): void {
    const info = args[0] as Info | undefined;
    if (!info?.file || name === 'onUploadEnd') {
      this.say(`${name} ${this.state()}`);
      return;
    }
    const state = () => `${info.state ?? '-'}/${this.state()}`;
    const words = [name, info.file.name, state()];
    if (name === 'onUploadProgress') {
      const [, total, fraction] = args as [Info, number, number];
      this.#fraction.set(info.file, fraction);
      // Once between two other things that a page is told of this file, and not while a credential is waited for: what
      // is in flight then may still arrive or not.
      if (this.#progressed.has(info.file) || this.state() === 'Expire') {
        this.#last = performance.now();
        return;
      }
      this.#progressed.add(info.file);
      const sound = total === info.file.size && fraction >= 0 && fraction <= 1 && info.loaded === fraction;
      this.say([...words, sound ? 'sound' : 'unsound'].join(' '));
      return;
    }
    const progressed = this.#progressed.delete(info.file);
    if (info.isImage) words.push('image');
    words.push(`video=${info.videoId ? 'yes' : 'no'}`, `at=${place(info)}`);
    if (name === 'onUploadSucceed') words.push(`loaded=${info.loaded}`);
    if (name === 'onUploadFailed') words.push(`code=${args[1]}`, `message=${args[2] ? 'yes' : 'no'}`);
    if (name === 'onUploadTokenExpired' || name === 'onUploadCanceled') {
      const { code, message } = (args[1] ?? {}) as { code?: string; message?: string };
      if (name === 'onUploadTokenExpired') words.push(`code=${code}`, `message=${message ? 'yes' : 'no'}`);
    }
    const line: Line = { text: '' };
    // The real SDK calls onUploadstarted a moment before it says Start: what a page finds is what comes after.
    if (name === 'onUploadstarted') words[2] = info.state;
    line.text = words.join(' ');
    // How often a credential ends is a matter of time: again and again in one go is once.
    if (name === 'onUploadTokenExpired' && this.#toldInThisGo(line.text)) {
      this.#last = performance.now();
      if (progressed) this.#progressed.add(info.file);
      return;
    }
    this.#push(line);
    const then = words[2];
    queueMicrotask(() => {
      const after = state();
      if (after !== then) line.text += `, then ${after}`;
    });
  }

  #toldInThisGo(text: string): boolean {
    const { lines } = this;
    const start = lines.findLastIndex((line) => line.text.startsWith('onUploadstarted'));
    return lines.slice(start + 1).some((line) => line.text.startsWith(text));
  }

  #push(line: Line): void {
    this.#last = performance.now();
    const { lines } = this;
    lines.push(line);
    // Again and again is once.
    const same = (length: number) =>
      lines.length >= 2 * length &&
      lines.slice(-length).every(({ text }, at) => text === lines[lines.length - 2 * length + at]?.text);
    if (same(2)) lines.length -= 2;
    else if (same(3)) lines.length -= 3;
  }
}

interface Line {
  text: string;
}

/** Endpoint, bucket and object: not known, as given to addFile, or as the server said. */
function place(info: Info): string {
  const letter = (now: unknown, given: unknown) => (!now ? '-' : now === given ? 'g' : 's');
  return letter(info.endpoint, info._endpoint) + letter(info.bucket, info._bucket) + letter(info.object, info._object);
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const nameOfError = (error: unknown): string => (error instanceof Error ? error.name : String(error));

const CALLBACKS = [
  'addFileSuccess',
  'onUploadstarted',
  'onUploadSucceed',
  'onUploadProgress',
  'onUploadFailed',
  'onUploadTokenExpired',
  'onUploadCanceled',
  'onUploadEnd',
  'onClear',
] as const;
