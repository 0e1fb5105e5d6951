/**
 * Replays prepared requests over raw keep-alive sockets. It does as little as a client can: heads and bodies lie ready in
 * memory, of an answer only the status, the length and at most one header are read.
 */
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const RUN_LIMIT_MS = 180_000;
const LARGEST_HEAD = 64 * 1024;
/** More than a processor's cache, so that a body is not sent from there. */
const POOL_BYTES = 96 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** @type {Buffer | undefined} */
let pool;
/** @type {{ plan: import('./generator.mjs').Plan, heads: Buffer[], sockets: import('node:net').Socket[] } | undefined} */
let prepared;

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  const answer = message.plan ? prepare(message.plan) : run();
  answer.then(
    (value) => process.send?.(value),
    (error) => process.send?.({ error: String(error?.message ?? error) }),
  );
});

async function prepare(plan) {
  if (plan.bodyBytes > 0) pool ??= randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
  const sockets = Array.from({ length: plan.connections }, () =>
    connect({ port: plan.port, host: '127.0.0.1', noDelay: true }),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  prepared = { plan, heads: plan.heads.map((head) => Buffer.from(head, 'latin1')), sockets };
  return {};
}

async function run() {
  if (!prepared) throw new Error('nothing to run');
  const { plan, heads, sockets } = prepared;
  prepared = undefined;
  const times = new Float64Array(plan.count);
  const kept = [];
  const before = process.cpuUsage();
  const started = performance.now();
  let next = 0;

  const drive = (socket) =>
    new Promise((resolve, reject) => {
      let index = 0;
      let sent = 0;
      const answer = new AnswerReader(plan.keep);
      const send = () => {
        if (next >= plan.count) return resolve(undefined);
        index = next++;
        sent = performance.now();
        const head = heads[index % heads.length];
        if (!plan.bodyBytes) return void socket.write(head);
        socket.cork();
        socket.write(head);
        sendBody(socket, index, plan.bodyBytes);
        socket.uncork();
      };
      socket.on('data', (chunk) => {
        const done = answer.read(chunk);
        if (done === undefined) return;
        if (done.error !== undefined) return reject(new Error(`request ${index}: ${done.error}`));
        times[index] = performance.now() - sent;
        if (plan.keep) kept[index] = done.kept;
        send();
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed a connection')));
      send();
    });

  const limit = setTimeout(() => {
    for (const socket of sockets) socket.destroy(new Error('the run took too long'));
  }, RUN_LIMIT_MS);
  try {
    await Promise.all(sockets.map(drive));
  } finally {
    clearTimeout(limit);
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  times.sort();
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { load: { seconds, processorSeconds: (user + system) / 1e6, p50: at(0.5), p99: at(0.99), kept } };
}

/** Stretches of the pool, other ones for each request; what does not fit into it is sent piece after piece. */
function sendBody(socket, index, bytes) {
  if (bytes <= POOL_BYTES) {
    const offset = (index * bytes) % (POOL_BYTES - bytes + 1);
    return void socket.write(pool.subarray(offset, offset + bytes));
  }
  let left = bytes;
  const more = () => {
    const piece = Math.min(left, PIECE_BYTES);
    const offset = (bytes - left) % (POOL_BYTES - PIECE_BYTES + 1);
    left -= piece;
    socket.write(pool.subarray(offset, offset + piece), left > 0 ? more : undefined);
  };
  more();
}

/** Reads answers one after the other. The bytes of a long one are counted and thrown away. */
class AnswerReader {
  #keep;
  /** @type {Buffer} */
  #received = Buffer.alloc(0);
  /** Of a long answer of known length: what of it is still to come. */
  #left = 0;
  #kept = '';

  constructor(keep) {
    this.#keep = keep;
  }

  /** @returns {{ error?: string, kept?: string } | undefined} `undefined` until the answer is complete */
  read(chunk) {
    if (this.#left > 0) return this.#skip(chunk.length);
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const received = this.#received;
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return received.length > LARGEST_HEAD ? { error: 'the head of the answer does not end' } : undefined;
    const head = received.latin1Slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const whole = length === undefined ? endOfChunks(received, end + 4) : end + 4 + Number(length);
    // The speed of refusals is not what is asked for.
    if (head[9] !== '2') return { error: received.toString('utf8', 0, Math.min(whole ?? 2000, 2000)) };
    this.#kept = this.#keep && (new RegExp(`\\r\\n${this.#keep}: *([^\\r]*)`, 'i').exec(head)?.[1] ?? '');
    if (whole === undefined) return undefined;
    this.#received = Buffer.alloc(0);
    this.#left = whole;
    return this.#skip(received.length);
  }

  #skip(bytes) {
    this.#left -= bytes;
    if (this.#left < 0) return { error: 'more came than was asked for' };
    return this.#left === 0 ? { kept: this.#kept } : undefined;
  }
}

/** Where a chunked body (RFC 9112 section 7.1) without trailers ends; `undefined` when not all of it is here. */
function endOfChunks(received, start) {
  for (let at = start; ; ) {
    const line = received.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(received.latin1Slice(at, line), 16);
    if (!(size >= 0)) return received.length;
    at = line + 2 + size + 2;
    if (size === 0) return at;
  }
}
