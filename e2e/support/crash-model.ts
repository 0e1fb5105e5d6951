/**
 * Clients that write all kinds of things and remember what they were told, so that it can be held against what a server has
 * after it was killed. A request without an answer may have been done or not; everything else is certain.
 */
import { createHash } from 'node:crypto';
import { multipartETag } from './etags.js';
import type { Seeded } from './seeded.js';

export interface Answered {
  readonly status: number;
  readonly etag: string;
  readonly body: Buffer;
}

/** Sends a signed request; rejects when no answer came. */
export type Send = (
  method: string,
  key: string,
  query?: readonly (readonly [string, string])[],
  body?: Buffer,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answered>;

/** Hash of the content, or that there is none. */
type Content = string;
const ABSENT: Content = 'absent';
const contentOf = (...pieces: readonly Buffer[]): Content => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
};
const etagOf = (body: Buffer): string => createHash('md5').update(body).digest('hex').toUpperCase();

interface Upload {
  readonly key: string;
  readonly id: string;
  /** The part that is certain, if any, and those that may have taken its place. */
  readonly parts: Map<number, Buffer[]>;
  readonly certain: Map<number, Buffer>;
  /** Sent, and not answered. */
  ending?: 'abort' | { readonly list: readonly [number, Buffer][] };
}

interface Completed {
  readonly key: string;
  readonly id: string;
  readonly list: readonly [number, Buffer][];
}

const KIB100 = 100 * 1024;
const SOURCE_BYTES = 400_000;
const MAX_LOG_BYTES = 400_000;

export class CrashClient {
  readonly #name: string;
  readonly #chance: Seeded;
  /** What a key may hold. */
  readonly #keys = new Map<string, Set<Content>>();
  readonly #uploads: Upload[] = [];
  readonly #ended: { key: string; id: string }[] = [];
  #completed: Completed | undefined;
  /** An object that never changes, for parts to be copied from; absent until its Put was answered. */
  #source: Buffer | undefined;
  /** The appendable object, and what an append that was not answered may have added; `'gone'`: a deletion was not. */
  #log: Buffer = Buffer.alloc(0);
  #logged: Buffer | 'gone' | undefined;
  /** Requests that were answered. */
  acknowledged = 0;

  constructor(name: string, chance: Seeded) {
    this.#name = name;
    this.#chance = chance;
    for (let i = 0; i < 4; i++) this.#keys.set(`${name}/${i}`, new Set([ABSENT]));
  }

  /** Works until a request gets no answer. @throws what should not have been answered */
  async work(send: Send): Promise<void> {
    for (;;) {
      try {
        await this.#once(send);
      } catch (error) {
        if (error instanceof WrongAnswer) throw error;
        return;
      }
    }
  }

  async #once(send: Send): Promise<void> {
    if (!this.#source) await this.#putSource(send);
    const key = this.#chance.pick([...this.#keys.keys()]);
    const dice = this.#chance.next();
    if (dice < 0.2) return this.#put(send, key);
    if (dice < 0.32) return this.#append(send);
    if (dice < 0.42) return this.#copy(send, key);
    if (dice < 0.5) return this.#delete(send, key);
    if (dice < 0.75 || this.#uploads.length === 0) return this.#begin(send, key);
    const upload = this.#chance.pick(this.#uploads);
    if (dice < 0.85) return this.#part(send, upload, this.#chance.integer(1, 6));
    if (dice < 0.9) return this.#abort(send, upload);
    return this.#complete(send, upload);
  }

  async #put(send: Send, key: string): Promise<void> {
    const body = this.#chance.bytes(this.#chance.pick([0, 1, 700, 64 * 1024, 300_000]));
    this.#may(key, contentOf(body));
    expectStatus(await send('PUT', key, [], body), 200);
    this.#is(key, contentOf(body));
  }

  async #putSource(send: Send): Promise<void> {
    const body = this.#chance.bytes(SOURCE_BYTES);
    expectStatus(await send('PUT', this.#sourceKey, [], body), 200);
    this.#source = body;
    this.acknowledged++;
  }

  get #sourceKey(): string {
    return `${this.#name}/source`;
  }

  get #logKey(): string {
    return `${this.#name}/log`;
  }

  /** Another key's content, whatever that is; no byte is copied, so each must live on without the other. */
  async #copy(send: Send, key: string): Promise<void> {
    const from = this.#chance.pick([...this.#keys.keys()]);
    const [content, ...others] = this.#keys.get(from) ?? [];
    if (content === undefined || others.length > 0) throw new WrongAnswer(`nobody knows what ${from} holds`);
    if (content !== ABSENT) this.#may(key, content);
    const answer = await send('PUT', key, [], undefined, copyOf(from));
    expectStatus(answer, content === ABSENT ? 404 : 200);
    if (content !== ABSENT) this.#is(key, content);
  }

  async #append(send: Send): Promise<void> {
    if (this.#log.length > MAX_LOG_BYTES) {
      this.#logged = 'gone';
      expectStatus(await send('DELETE', this.#logKey), 204);
      this.#log = Buffer.alloc(0);
    } else {
      const body = this.#chance.bytes(this.#chance.pick([1, 300, 20_000]));
      const position = String(this.#log.length);
      this.#logged = body;
      const query = [
        ['append', ''],
        ['position', position],
      ] as const;
      expectStatus(await send('POST', this.#logKey, query, body), 200);
      this.#log = Buffer.concat([this.#log, body]);
    }
    this.#logged = undefined;
    this.acknowledged++;
  }

  async #delete(send: Send, key: string): Promise<void> {
    this.#may(key, ABSENT);
    expectStatus(await send('DELETE', key), 204);
    this.#is(key, ABSENT);
  }

  async #begin(send: Send, key: string): Promise<void> {
    if (this.#uploads.length >= 6) return this.#complete(send, this.#chance.pick(this.#uploads));
    const answer = expectStatus(await send('POST', key, [['uploads', '']]), 200);
    const id = /<UploadId>([^<]+)</.exec(answer.body.toString())?.[1] ?? '';
    const upload: Upload = { key, id, parts: new Map(), certain: new Map() };
    this.#uploads.push(upload);
    this.acknowledged++;
    // Several at a time, as clients do; all are waited for, so that no request outlives the round.
    const sent = await Promise.allSettled([1, 2, 3].map((number) => this.#part(send, upload, number)));
    for (const one of sent) if (one.status === 'rejected') throw one.reason;
    if (this.#chance.next() < 0.4) await this.#complete(send, upload);
  }

  async #part(send: Send, upload: Upload, number: number): Promise<void> {
    const at = this.#chance.integer(0, SOURCE_BYTES - KIB100);
    const copied = this.#chance.next() < 0.3 ? this.#source?.subarray(at, at + KIB100) : undefined;
    const body = copied ?? this.#chance.bytes(KIB100);
    const possible = upload.parts.get(number) ?? [];
    upload.parts.set(number, [...possible, body]);
    const answer = expectStatus(
      await send(
        'PUT',
        upload.key,
        [
          ['partNumber', String(number)],
          ['uploadId', upload.id],
        ],
        copied ? undefined : body,
        copied && { ...copyOf(this.#sourceKey), 'x-oss-copy-source-range': `bytes=${at}-${at + KIB100 - 1}` },
      ),
      200,
    );
    if (answer.etag !== etagOf(body)) throw new WrongAnswer(`a part was acknowledged with ${answer.etag}`);
    upload.certain.set(number, body);
    upload.parts.set(number, [body]);
    this.acknowledged++;
  }

  async #abort(send: Send, upload: Upload): Promise<void> {
    upload.ending = 'abort';
    expectStatus(await send('DELETE', upload.key, [['uploadId', upload.id]]), 204);
    this.#end(upload);
    this.acknowledged++;
  }

  async #complete(send: Send, upload: Upload): Promise<void> {
    const list = [...upload.certain].sort(([a], [b]) => a - b);
    // A part that was sent again without an answer may be either one.
    const sure = list.every(([number, body]) => upload.parts.get(number)?.at(-1) === body);
    if (list.length === 0 || !sure) return this.#abort(send, upload);
    upload.ending = { list };
    this.#may(upload.key, contentOf(...list.map(([, body]) => body)));
    await this.#finish(send, { ...upload, list });
    this.#end(upload);
  }

  async #finish(send: Send, completed: Completed): Promise<void> {
    const { key, id, list } = completed;
    const xml = list
      .map(([number, body]) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etagOf(body)}"</ETag></Part>`)
      .join('');
    const body = Buffer.from(`<CompleteMultipartUpload>${xml}</CompleteMultipartUpload>`);
    const answer = expectStatus(await send('POST', key, [['uploadId', id]], body), 200);
    const etag = multipartETag(list.map(([, part]) => etagOf(part)));
    if (answer.etag !== etag) throw new WrongAnswer(`Complete was answered with ${answer.etag}, not ${etag}`);
    this.#is(key, contentOf(...list.map(([, part]) => part)));
    this.#completed = { key, id, list };
  }

  #end(upload: Upload): void {
    this.#uploads.splice(this.#uploads.indexOf(upload), 1);
    this.#ended.push({ key: upload.key, id: upload.id });
    if (this.#ended.length > 10) this.#ended.shift();
  }

  #may(key: string, content: Content): void {
    this.#keys.get(key)?.add(content);
    // Whatever it becomes: a Complete before it is not the last word any more.
    if (this.#completed?.key === key) this.#completed = undefined;
  }

  #is(key: string, content: Content): void {
    this.#keys.set(key, new Set([content]));
    this.acknowledged++;
  }

  /** Holds a restarted server against what is remembered, and goes on from what it has. @throws {WrongAnswer} */
  async verify(send: Send): Promise<void> {
    for (const [key, possible] of this.#keys) {
      const answer = await send('GET', key);
      const found = answer.status === 404 ? ABSENT : contentOf(expectStatus(answer, 200).body);
      if (!possible.has(found)) throw new WrongAnswer(`${this.#name}: ${key} holds what it cannot: ${found}`);
      this.#keys.set(key, new Set([found]));
    }
    await this.#verifyLog(send);
    if (this.#source) {
      const { body } = expectStatus(await send('GET', this.#sourceKey), 200);
      if (!body.equals(this.#source)) throw new WrongAnswer(`${this.#name}: what parts are copied from has changed`);
    }
    for (const upload of [...this.#uploads]) await this.#verifyUpload(send, upload);
    for (const { key, id } of this.#ended) {
      const answer = await send('GET', key, [['uploadId', id]]);
      if (answer.status !== 404) throw new WrongAnswer(`${this.#name}: the ended upload ${id} is there again`);
    }
    // The answer to a Complete may have been lost long ago.
    if (this.#completed) await this.#finish(send, this.#completed);
  }

  async #verifyLog(send: Send): Promise<void> {
    const answer = await send('GET', this.#logKey);
    const found = answer.status === 404 ? Buffer.alloc(0) : expectStatus(answer, 200).body;
    const more =
      this.#logged === 'gone' ? Buffer.alloc(0) : Buffer.concat([this.#log, this.#logged ?? Buffer.alloc(0)]);
    if (!found.equals(this.#log) && !found.equals(more)) {
      throw new WrongAnswer(
        `${this.#name}: ${found.length} bytes were appended, not ${this.#log.length} or ${more.length}`,
      );
    }
    this.#log = found;
    this.#logged = undefined;
  }

  async #verifyUpload(send: Send, upload: Upload): Promise<void> {
    const { ending } = upload;
    if (typeof ending === 'object') {
      await this.#finish(send, { ...upload, list: ending.list });
      return this.#end(upload);
    }
    const answer = await send('GET', upload.key, [['uploadId', upload.id]]);
    if (answer.status === 404 && ending === 'abort') return this.#end(upload);
    delete upload.ending;
    const text = expectStatus(answer, 200).body.toString();
    const listed = new Map(
      [...text.matchAll(/<PartNumber>(\d+)<\/PartNumber>.*?<ETag>(?:&quot;|")([^&"]+)/g)].map(
        ([, number, etag]) => [Number(number), etag] as const,
      ),
    );
    for (const [number, possible] of upload.parts) {
      const body = possible.find((one) => etagOf(one) === listed.get(number));
      if (!body && (upload.certain.has(number) || listed.has(number))) {
        throw new WrongAnswer(`${this.#name}: part ${number} of ${upload.id} is ${listed.get(number)}`);
      }
      if (body) {
        upload.certain.set(number, body);
        upload.parts.set(number, [body]);
      } else upload.parts.delete(number);
    }
    for (const number of listed.keys()) {
      if (!upload.parts.has(number))
        throw new WrongAnswer(`${this.#name}: part ${number} of ${upload.id} was never sent`);
    }
  }
}

/** Keys of one bucket: the sender knows its name. */
const copyOf = (key: string): Readonly<Record<string, string>> => ({ [COPY_OF]: key });

/** In place of `x-oss-copy-source`, with a key alone. */
export const COPY_OF = 'copy-of';

/** The server said what it must not. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

function expectStatus(answer: Answered, status: number): Answered {
  if (answer.status === status) return answer;
  throw new WrongAnswer(`answered ${answer.status} in place of ${status}: ${answer.body.toString().slice(0, 500)}`);
}
