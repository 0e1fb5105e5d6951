/** Lets things happen in a {@link ChanceWorld}, and finds what must not. */
import type { UploadBatch, UploadOptions, UploadTask } from '../../api.js';
import { PART } from '../bench.js';
import type { Act, Hook, Step, Stream } from './actions.js';
import { awaken, type ChanceFile, content } from './files.js';
import type { Sent } from './line.js';
import { ENDED, RUNNING, Watched } from './watched.js';
import { ChanceWorld, type Page, type WorldOptions } from './world.js';

const MINUTE = 60_000;
/** `maxParallel` of the platform. */
const MOST_PARTS = 5;
/** After which nothing is under way that is of use; shorter than the wait for a silent line. */
const LITTLE = MINUTE / 3;
/** Time in which everything must be over once nothing disturbs any more. */
const PATIENCE = 15 * MINUTE;

/** @throws Error that tells what was wrong */
export async function runChance(
  options: WorldOptions,
  steps: readonly Step[],
  { gentle = false, trace }: RunOptions = {},
): Promise<void> {
  const run = new Run(options, gentle, trace);
  await run.all(steps);
}

export interface RunOptions {
  /** Whatever happens can be healed: nothing may fail. */
  readonly gentle?: boolean;
  readonly trace?: ((line: string) => void) | undefined;
}

class Run {
  readonly world: ChanceWorld;
  readonly problems: string[] = [];
  readonly watched: Watched[] = [];
  readonly batches: { readonly batch: UploadBatch; settled: boolean; readonly page: Page }[] = [];
  readonly #pages: Page[];
  readonly #trace: (line: string) => void;
  /** Parts whose acknowledgement reached a page, by page (without tabs), upload and number. */
  readonly #acknowledged = new Map<string, { readonly etag: string; readonly size: number }>();
  /** What was asked for and must come to an end. */
  readonly #asked: { readonly page: Page; readonly what: string; ended: boolean }[] = [];
  /** Uploads that a page knows of. */
  readonly #initiated = new Set<string>();
  /** Keys of media that the server forgot. */
  readonly #forgotten = new Set<string>();
  readonly #gentle: boolean;
  #made = 0;

  constructor(options: WorldOptions, gentle: boolean, trace: (line: string) => void = () => {}) {
    this.#gentle = gentle;
    this.world = new ChanceWorld(options);
    this.#trace = trace;
    this.#pages = [this.world.open(), this.world.open()];
    this.world.line.onSend = (sender, sent) => this.#sending(sender as Page, sent);
    this.world.line.onTold = (sender, sent, body, response) => {
      this.#log(`told ${name(sent)} ${response.status}`);
      const initiated = sent.operation === 'Initiate' && /<UploadId>(\w+)/.exec(response.body)?.[1];
      if (initiated) this.#initiated.add(initiated);
      const etag = response.header('etag');
      if (sent.operation !== 'UploadPart' || !etag) return;
      const stored = this.world.cloud.uploads.get(sent.uploadId ?? '')?.parts.get(sent.part ?? 0)?.body;
      // Arrived changed, or another one came late over it.
      if (!stored || !Buffer.from(stored).equals(body)) return;
      this.#acknowledged.set(this.#partOf(sender as Page, sent), { etag, size: sent.size });
    };
  }

  async all(steps: readonly Step[]): Promise<void> {
    for (const { after, act } of steps) {
      await this.world.timeline.advance(after);
      this.#check();
      this.#log(`• ${JSON.stringify(act)}`);
      await this.#act(act);
      await this.world.timeline.advance(0);
      this.#check();
    }
    await this.#end();
    if (this.world.reported.some((error) => !String(error).includes('a listener throws'))) {
      this.#problem(`reported: ${this.world.reported.join(', ')}`);
    }
    this.#check();
  }

  #log(line: string): void {
    this.#trace(`${((this.world.timeline.now() - Date.parse('2026-01-02T03:04:05Z')) / 1000).toFixed(3)} ${line}`);
  }

  #problem(problem: string): void {
    this.problems.push(problem);
    this.#log(`!! ${problem}`);
  }

  #check(): void {
    const { parallelFiles } = this.world.options;
    for (const page of this.world.pages) {
      const running = this.watched.filter((one) => one.page === page && RUNNING.has(one.task.state));
      const most = parallelFiles ?? 10;
      if (running.length > most) this.#problem(`${running.length} files at once`);
    }
    for (const one of this.watched) if (one.page.alive) one.check();
    this.#checkPaused();
    this.#checkStreams();
    if (this.problems.length > 0) throw new Error(this.problems.join('\n'));
  }

  /** What was paused sends nothing. */
  #checkPaused(): void {
    const { uploads } = this.world.cloud;
    for (const { page, task } of this.watched) {
      if (!page.alive || task.state !== 'paused') continue;
      const key = task.target?.key;
      const flying = [...page.flying].some(({ uploadId }) => uploadId && uploads.get(uploadId)?.key === key);
      if (key !== undefined && flying) this.#problem('a paused upload has requests in flight');
    }
  }

  /** Of a stream no more is held than is on its way, and one piece that a run before had asked for. */
  #checkStreams(): void {
    const { parallel, partSize } = this.world.options;
    if (parallel === 'auto' || partSize === 'auto') return;
    for (const { acknowledged, file, page } of this.watched) {
      if (!file.stream || !page.alive) continue;
      const held = file.stream.given - acknowledged;
      if (held > (parallel + 2) * PART) this.#problem(`${held} bytes of a stream are held`);
    }
  }

  #partOf(page: Page, { uploadId, part }: Sent): string {
    const who = this.world.options.tabs ? '' : this.world.pages.indexOf(page);
    return `${who}/${uploadId}/${part}`;
  }

  #sending(page: Page, sent: Sent): void {
    const { cloud, options } = this.world;
    const { operation, part, uploadId } = sent;
    this.#log(`page ${this.world.pages.indexOf(page)} sends ${name(sent)} (${sent.size})`);
    if (page.closed && operation !== 'Abort' && operation !== 'RefreshUploadVideo') {
      this.#problem(`${name(sent)} after close`);
    }
    if (operation === 'UploadPart' && uploadId !== undefined && part !== undefined) {
      const known = this.#acknowledged.get(this.#partOf(page, sent));
      const stored = cloud.uploads.get(uploadId)?.parts.get(part);
      const changed = this.#fileOf(uploadId)?.versions.length !== 1;
      const same = known && stored && known.etag === `"${stored.etag}"` && known.size === sent.size;
      if (same && !changed) this.#problem(`part ${part} of ${uploadId} was acknowledged and is sent again`);
    }
    const puts = [...page.flying].filter((one) => one.operation === 'UploadPart' || one.operation === 'PutObject');
    const mine = puts.filter((one) => one.uploadId !== undefined && one.uploadId === uploadId);
    if (options.parallel === 'auto' ? puts.length > MOST_PARTS : mine.length > options.parallel) {
      this.#problem(`${puts.length} parts at once, ${mine.length} of one file`);
    }
    const rivals = this.world.pages.filter(
      (other) =>
        other !== page &&
        other.alive &&
        [...other.flying].some((one) => one.uploadId === uploadId && one.operation !== 'Abort'),
    );
    if (options.tabs && uploadId !== undefined && operation !== 'Abort' && rivals.length > 0)
      this.#problem(`two tabs send ${name(sent)}`);
  }

  #fileOf(uploadId: string): ChanceFile | undefined {
    const { cloud, files } = this.world;
    const key = cloud.uploads.get(uploadId)?.key;
    const media = [...cloud.media.values()].find((one) => one.key === key);
    return media && files.get(media.name);
  }

  async #act(act: Act): Promise<void> {
    const { world } = this;
    switch (act.do) {
      case 'upload':
        return void this.#upload(act);
      case 'upload-all':
        return this.#uploadAll(act);
      case 'pause':
        return this.#some(act.task)?.task.pause();
      case 'resume':
        return this.#some(act.task)?.task.resume();
      case 'retry':
        return this.#some(act.task)?.task.retry();
      case 'cancel':
        return this.#cancel(this.#some(act.task), act.abortUpload);
      case 'abort-signal':
        return this.#some(act.task)?.signal?.abort();
      case 'pause-all':
        return this.#batch(act.batch)?.batch.pause();
      case 'resume-all':
        return this.#batch(act.batch)?.batch.resume();
      case 'cancel-all':
        return this.#mustEnd(
          this.#batch(act.batch)?.page,
          'the cancel of a batch',
          this.#batch(act.batch)?.batch.cancel(),
        );
      case 'priority': {
        const one = this.#some(act.task);
        if (one) one.task.priority = act.priority;
        return;
      }
      case 'bandwidth':
        this.#page(act.page).uploader.bandwidth = act.limit;
        return;
      case 'close':
        return this.#close(act.page);
      case 'crash':
        world.crash(this.#page(act.page));
        this.#pages[act.page] = world.open();
        return;
      case 'unfinished':
        return this.#unfinished(this.#page(act.page), act.act);
      case 'online':
      case 'offline':
        world.online = act.do === 'online';
        return;
      case 'revoke':
        return world.cloud.revokeAll();
      case 'wake':
        return world.nudge();
      case 'sleep':
        await world.timeline.sleep(act.ms);
        return world.nudge();
      case 'wait':
        return world.timeline.advance(act.ms);
      case 'clock':
        if (!world.options.dateless) world.timeline.wrong += act.by;
        return;
      case 'line':
        world.line.faults.push(act.fault);
        return;
      case 'store':
        world.records.faults.push(act.fault);
        return;
      case 'token':
        world.tokenFaults.push(act.fault);
        return;
      case 'change':
        return this.#change(act.name, act.how);
      case 'unreadable':
        for (const file of this.#named(act.name)) file.unreadable = act.is;
        return;
      case 'server-forgets':
        return this.#serverForgets(act.what, act.nth);
    }
  }

  #page(number: number): Page {
    return this.#pages[number % this.#pages.length] as Page;
  }

  #some(number: number): Watched | undefined {
    const there = this.watched.filter(({ page }) => page.alive);
    return there[number % Math.max(1, there.length)];
  }

  #batch(number: number) {
    return this.batches.filter(({ page }) => page.alive)[number];
  }

  #named(number: number): ChanceFile[] {
    return [...this.world.files.values()].filter(({ name }) => name.startsWith(`file${number}-`));
  }

  #file(number: number, size: number, kind: 'video' | 'image' = 'video'): ChanceFile {
    const extension = kind === 'image' ? 'png' : 'mp4';
    const name = `file${number}-${size}.${extension}`;
    const known = this.world.files.get(name);
    if (known) return known;
    const bytes = content(number, 0, size);
    const file = { name, bytes, lastModified: 1, unreadable: false, versions: [bytes], stream: undefined };
    this.world.files.set(name, file);
    return file;
  }

  #stream(number: number, size: number, { breaksAt, silentAt }: Stream): ChanceFile {
    const bytes = content(number, 0, size);
    const stream = { breaksAt, silentAt, wake: [], awake: false, ended: false, given: 0 };
    const name = `stream${this.#made++}.mp4`;
    const file = { name, bytes, lastModified: 0, unreadable: false, versions: [bytes], stream };
    this.world.files.set(name, file);
    return file;
  }

  #upload(act: Extract<Act, { do: 'upload' }>): void {
    const page = this.#page(act.page);
    const file = act.stream
      ? this.#stream(act.name, act.size, act.stream)
      : this.#file(act.name, act.size, act.image ? 'image' : 'video');
    const controller = new AbortController();
    const options: UploadOptions = {
      priority: act.priority,
      signal: controller.signal,
      instant: act.instant,
      ...(act.cover ? { cover: new Blob([new Uint8Array(300)]) } : {}),
    };
    const one = this.#watch(page.uploader.upload(file, options), page, file, controller);
    if (act.hook) this.#hook(one, act.hook);
  }

  #watch(task: UploadTask, page: Page, file: ChanceFile, signal?: AbortController): Watched {
    const number = this.watched.length;
    const one = new Watched(task, page, file, signal, (problem) =>
      this.#problem(`task ${number} (${file.name}): ${problem}`),
    );
    this.#log(`task ${number}: ${file.name} on page ${this.world.pages.indexOf(page)}`);
    task.on('state', (state) => this.#log(`task ${number} ${state}`));
    task.on('error', (error) => {
      this.#log(`task ${number} ${error.code}: ${error.message}`);
      if (this.#gentle && error.code !== 'AlreadyUploading') this.#problem(`task ${number} failed: ${error}`);
    });
    task.on('retry', ({ error, delay }) => this.#log(`task ${number} retries in ${Math.round(delay)}: ${error}`));
    task.on('warning', (error) => this.#log(`task ${number} warns: ${error}`));
    this.watched.push(one);
    return one;
  }

  #hook(one: Watched, { event, nth, act }: Hook): void {
    let times = 0;
    one.task.on(event, () => {
      if (++times !== nth) return;
      this.#log(`hook ${event} ${act}`);
      switch (act) {
        case 'pause':
        case 'resume':
        case 'retry':
          return one.task[act]();
        case 'pause-resume':
          one.task.pause();
          return one.task.resume();
        case 'cancel':
          return this.#cancel(one, true);
        case 'close':
          return this.#close(this.#pages.indexOf(one.page));
        case 'throw':
          throw new Error('a listener throws');
      }
    });
  }

  #cancel(one: Watched | undefined, abortUpload: boolean): void {
    if (!one) return;
    const before = one.task.state;
    const warnings = one.warnings.length;
    const first = before !== 'success' && before !== 'canceled';
    const { target } = one.task;
    this.#mustEnd(
      one.page,
      'cancel()',
      one.task.cancel({ abortUpload }).then(() => {
        if (first && abortUpload && one.warnings.length === warnings) this.#checkAborted(one, target?.key);
      }),
    );
  }

  /** What the page knew of is gone from the server. */
  #checkAborted({ page }: Watched, key: string | undefined): void {
    if (!page.alive || page.closed || key === undefined) return;
    const { cloud, records } = this.world;
    const own = page.sent.flatMap(({ uploadId }) => (uploadId === undefined ? [] : [uploadId]));
    for (const [uploadId, upload] of cloud.uploads) {
      if (upload.key === key && this.#initiated.has(uploadId) && own.includes(uploadId)) {
        this.#problem(`${uploadId} was canceled, and is on the server`);
      }
    }
    if (records.unreliable) return;
    if (records.all.some((record) => record.key === key)) this.#problem('a canceled upload is remembered');
  }

  #mustEnd(page: Page | undefined, what: string, work: Promise<unknown> | undefined): void {
    if (!page || !work) return;
    const one = { page, what, ended: false };
    this.#asked.push(one);
    const end = () => {
      one.ended = true;
    };
    work.then(end, (error) => {
      end();
      if (page.alive) this.#problem(`${what} rejects: ${error}`);
    });
  }

  #uploadAll({ page: number, sizes, slowly }: Extract<Act, { do: 'upload-all' }>): void {
    const page = this.#page(number);
    const files = sizes.map((size, at) => this.#file(10 + at, size));
    const clock = this.world.timeline.clockOf(page);
    const given: Iterable<ChanceFile> | AsyncIterable<ChanceFile> = slowly ? slow(files, clock) : files;
    const batch = page.uploader.uploadAll(given, (file) => ({ fileName: file.name }));
    const one = { batch, settled: false, page };
    this.batches.push(one);
    batch.on('task', (task) => this.#watch(task, page, this.world.file(task.fileName)));
    batch.done.then(
      () => {
        one.settled = true;
      },
      (error) => this.#problem(`a batch rejects: ${error}`),
    );
  }

  #unfinished(page: Page, how: 'resume' | 'resume-file' | 'discard'): void {
    const { world } = this;
    const done = (list: Awaited<ReturnType<Page['uploader']['unfinished']>>) => {
      const [first] = list;
      if (!first || !page.alive || page.closed) return;
      const runs = world.pages.some(({ uploader }) => uploader.tasks.some(({ videoId }) => videoId === first.videoId));
      if (how === 'discard' && (runs || this.#completing(first.videoId))) return;
      if (how === 'discard')
        return this.#mustEnd(
          page,
          'discard()',
          first.discard().catch(() => {}),
        );
      const file = world.files.get(first.fileName);
      if (!file || (how === 'resume' && !first.reopenable)) return;
      this.#watch(how === 'resume' ? first.resume() : first.resume(file), page, file).resumes = true;
    };
    this.#mustEnd(
      page,
      'unfinished()',
      page.uploader.unfinished().then(done, () => {}),
    );
  }

  /** A Complete was sent: that nobody else ends the upload is then what a lost answer is judged by. */
  #completing(videoId: string): boolean {
    const { cloud, pages } = this.world;
    const key = cloud.media.get(videoId)?.key;
    return pages.some(({ sent }) =>
      sent.some((one) => one.operation === 'Complete' && cloud.uploads.get(one.uploadId ?? '')?.key === key),
    );
  }

  #close(number: number): void {
    const page = this.#pages[number];
    if (!page) return;
    page.uploader.close();
    page.closed = true;
    this.#pages[number] = this.world.open();
  }

  #change(number: number, how: 'touched' | 'longer' | 'shorter' | 'in-secret'): void {
    for (const file of this.#named(number)) {
      const size = file.bytes.length + (how === 'longer' ? PART / 2 : how === 'shorter' ? -PART / 2 : 0);
      if (size < 0) continue;
      file.bytes = content(number, file.versions.length, size);
      file.versions.push(file.bytes);
      if (how !== 'in-secret') file.lastModified++;
    }
  }

  #serverForgets(what: 'upload' | 'media', nth: number): void {
    const { cloud } = this.world;
    const ids = [...(what === 'upload' ? cloud.uploads : cloud.media).keys()];
    const id = ids[nth % Math.max(1, ids.length)];
    if (id === undefined) return;
    const media = [...cloud.media].find(([, { key }]) => key === cloud.uploads.get(id)?.key)?.[0] ?? id;
    if (this.#completing(media)) return;
    if (what === 'upload') cloud.uploads.delete(id);
    else {
      const key = cloud.media.get(id)?.key;
      cloud.media.delete(id);
      for (const [upload, { key: own }] of [...cloud.uploads]) if (own === key) cloud.uploads.delete(upload);
      if (key !== undefined) this.#forgotten.add(key);
      if (key !== undefined) cloud.objects.delete(key);
    }
  }

  async #end(): Promise<void> {
    const { world } = this;
    const { timeline } = world;
    this.#log('— nothing disturbs any more');
    world.heal();
    for (const { file, page } of this.watched) if (page.alive && file.stream) awaken(file.stream);
    for (const page of this.#pages) page.uploader.bandwidth = undefined;
    for (const { batch, page } of this.batches) if (page.alive) batch.resume();
    await this.#settle('after the last fault', PATIENCE);
    this.#check();
    this.#checkStored();
    for (let round = 0; round < 3; round++) {
      // One by one: those of one file are in each other's way.
      for (const { task } of this.#live()) {
        if (task.state !== 'failed') continue;
        task.retry();
        await this.#settle('after a retry', PATIENCE);
      }
      this.#check();
    }
    this.#checkStored();
    for (const one of this.#live()) this.#checkFailure(one);
    const unended = () => this.#asked.filter(({ ended, page }) => page.alive && !ended);
    await timeline.advance(PATIENCE, () => unended().length === 0);
    for (const { what } of unended()) this.#problem(`${what} does not end`);
    this.#check();
    // A call of the application that hangs, and others wait for.
    await timeline.advance(2 * MINUTE);
    for (const page of this.#pages) await this.#probe(page);
    this.#checkStored();
    this.#check();
    for (const { batch, page, settled } of this.batches) {
      if (page.alive && !settled) this.#problem(`a batch does not end: ${JSON.stringify(batch.progress)}`);
    }
    this.#check();
    await timeline.advance(LITTLE);
    for (const page of this.#pages) {
      const left = { timers: timeline.timersOf(page), requests: page.flying.size, ...page.opened };
      if (Object.values(left).some((count) => count !== 0)) this.#problem(`idle, with ${JSON.stringify(left)}`);
    }
    for (const page of this.#pages) {
      page.uploader.close();
      page.closed = true;
    }
    await timeline.advance(LITTLE);
    const silent = world.pages.map(({ sent }) => sent.length);
    for (const [number, page] of world.pages.entries()) {
      if (!page.alive) continue;
      const left = {
        timers: timeline.timersOf(page),
        requests: page.flying.size,
        sources: page.opened.sources,
        parts: page.opened.parts,
        networkListeners: page.network.listeners,
        tabListeners: world.locks.listenersOf(page),
        tasks: page.uploader.tasks.length,
      };
      if (Object.values(left).some((count) => count !== 0)) {
        this.#problem(`page ${number} was closed and has ${JSON.stringify(left)}`);
      }
    }
    if (world.locks.held > 0) this.#problem(`${world.locks.held} locks are held`);
    for (const { file, page } of this.watched) {
      if (file.stream && page.alive && !file.stream.ended && file.stream.given > 0) {
        this.#problem(`the stream ${file.name} was not ended`);
      }
    }
    await timeline.advance(60 * MINUTE);
    if (world.pages.some(({ sent }, at) => sent.length !== silent[at])) this.#problem('requests after close');
    this.#check();
  }

  /** Every place for a file is free, and of use. */
  async #probe(page: Page): Promise<void> {
    const { timeline } = this.world;
    const places = this.world.options.parallelFiles ?? 3;
    const silent = { breaksAt: undefined, silentAt: 10 };
    const streams = Array.from({ length: places }, () => this.#stream(40, 20_000, silent));
    const small = [this.#file(50, 1), this.#file(51, 2 * PART + 3)];
    const watched = [...streams, ...small].map((file) => this.#watch(page.uploader.upload(file), page, file));
    const probes = watched.slice(0, places);
    await timeline.advance(PATIENCE, () => probes.every(({ task }) => task.state === 'uploading'));
    if (!probes.every(({ task }) => task.state === 'uploading')) this.#problem('a place for a file is lost');
    for (const { stream } of streams) if (stream) awaken(stream);
    await this.#settle('with further files', PATIENCE);
    for (const { error, task } of watched) if (task.state !== 'success') this.#problem(`a further file: ${error}`);
  }

  /** Those whose page is there still. */
  #live(): Watched[] {
    return this.watched.filter(({ page }) => page.alive && !page.closed);
  }

  async #settle(when: string, patience: number): Promise<void> {
    // A listener may pause even now.
    for (let round = 0; round < 6; round++) {
      for (const { task } of this.#live()) task.resume();
      await this.world.timeline.advance(patience, () =>
        this.#live().every(({ task }) => ENDED.has(task.state) || task.state === 'paused'),
      );
      const open = this.#live().filter(({ task }) => !ENDED.has(task.state));
      if (open.length === 0) return;
      if (open.some(({ task }) => task.state !== 'paused')) break;
    }
    for (const one of this.#live()) {
      if (!ENDED.has(one.task.state)) {
        this.#problem(`task ${this.watched.indexOf(one)} (${one.file.name}) is ${one.task.state} ${when}`);
      }
    }
  }

  /** What may still be wrong when nothing disturbs any more, and it was tried again. */
  #checkFailure(one: Watched): void {
    const { error, file } = one;
    if (!error || one.task.state === 'canceled') return;
    // What a stream gave cannot be had again.
    if (file.stream) return;
    // It was to take up one upload and no other.
    if (one.resumes && error.code === 'FileChanged') return;
    this.#problem(`task ${this.watched.indexOf(one)} (${file.name}) fails for ever: ${error.code} ${error.message}`);
  }

  #checkStored(): void {
    const { cloud } = this.world;
    for (const [number, { file, page, result, task }] of this.watched.entries()) {
      if (!page.alive || task.state !== 'success' || !result) continue;
      if (this.#forgotten.has(result.key)) continue;
      const stored = cloud.objects.get(result.key)?.body;
      const whole = stored && file.versions.some((bytes) => Buffer.from(bytes).equals(stored));
      if (!whole) {
        this.#problem(
          `task ${number} (${file.name}) succeeded, and ${stored ? `${stored.length} other bytes are` : 'nothing is'} stored`,
        );
      } else if (result.size !== stored.length) this.#problem(`task ${number} tells a wrong size`);
      if (cloud.uploads.get(result.uploadId ?? '')) this.#problem(`task ${number} left its upload behind`);
      const remembered = this.world.records.all.some(({ uploadId }) => uploadId === result.uploadId);
      // Without tabs, another page may have the same upload.
      if (remembered && this.world.options.tabs && !this.world.records.unreliable)
        this.#problem(`task ${number} is remembered`);
      const { loaded, total, fraction } = task.progress;
      if (loaded !== total || fraction !== 1) this.#problem(`task ${number} succeeded with ${loaded} of ${total}`);
    }
  }
}

const name = ({ operation, part, uploadId }: Sent): string =>
  `${operation}${part === undefined ? '' : ` ${part}`}${uploadId === undefined ? '' : ` of ${uploadId}`}`;

async function* slow(files: readonly ChanceFile[], clock: { setTimeout(run: () => void, ms: number): unknown }) {
  for (const file of files) {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, 30));
    yield file;
  }
}
