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
      /** @type {Buffer} */
      let received = Buffer.alloc(0);
      const send = () => {
        if (next >= plan.count) return resolve(undefined);
        index = next++;
        sent = performance.now();
        const head = heads[index % heads.length];
        if (!plan.bodyBytes) return void socket.write(head);
        socket.cork();
        socket.write(head);
        socket.write(bodyOf(index, plan.bodyBytes));
        socket.uncork();
      };
      socket.on('data', (chunk) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        const answer = readAnswer(received, plan.keep);
        if (answer === undefined) return;
        if (answer.error !== undefined) return reject(new Error(`request ${index}: ${answer.error}`));
        times[index] = performance.now() - sent;
        if (plan.keep) kept[index] = answer.kept;
        received = Buffer.alloc(0);
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

/** A stretch of the pool, another one for each request. */
function bodyOf(index, bytes) {
  const offset = (index * bytes) % (POOL_BYTES - bytes + 1);
  return pool.subarray(offset, offset + bytes);
}

/** `undefined` until the answer is complete. */
function readAnswer(received, keep) {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return received.length > LARGEST_HEAD ? { error: 'the head of the answer does not end' } : undefined;
  const head = received.latin1Slice(0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const whole = length === undefined ? endOfChunks(received, end + 4) : end + 4 + Number(length);
  if (whole === undefined || received.length < whole) return undefined;
  // The speed of refusals is not what is asked for.
  if (head[9] !== '2') return { error: received.toString('utf8', 0, Math.min(whole, 2000)) };
  if (received.length > whole) return { error: 'more came than was asked for' };
  return { kept: keep && (new RegExp(`\\r\\n${keep}: *([^\\r]*)`, 'i').exec(head)?.[1] ?? '') };
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
