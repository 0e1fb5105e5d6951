import { connect } from 'node:net';
import { send } from '../../oss/testing/client.js';
import type { RunningServer } from '../../server.js';
import type { Keys } from '../../testing/signed-call.js';
import { FUZZ_OBJECTS, type FuzzOptions, isSame, mutated } from './fuzz.js';
import { seeded } from './seeded.js';
import { addressesOf, type SubjectWorld, subjects } from './signed-subjects.js';
import { type WireMessage, wireText } from './wire-message.js';

export interface SocketReport {
  readonly sent: number;
  /** By the first digit of the status; `closed`: what was no HTTP got no answer. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Mutated requests to a running server, one connection each, as bytes. Nothing but the same request may succeed. */
export async function fuzzSockets(
  server: RunningServer,
  given: { keys: readonly Keys[]; bucket: string; roleArn: string },
  { seed, count, from = 0 }: FuzzOptions,
): Promise<SocketReport> {
  const ports = { api: Number(new URL(server.apiUrl).port), oss: Number(new URL(server.ossUrl).port) };
  const world: SubjectWorld = { ...given, objects: FUZZ_OBJECTS, apiHost: '127.0.0.1', now: () => Date.now() };
  for (const key of FUZZ_OBJECTS) await store(ports.oss, world, key);
  const statuses: Record<string, number> = {};
  const onSockets = subjects.filter(({ plane }) => plane !== 'form');
  for (let i = from; i < from + count; i++) {
    const random = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b));
    const subject = onSockets[i % onSockets.length] as (typeof onSockets)[number];
    const base = subject.make(world, random);
    const mutant = mutated(base, random);
    const status = await statusOf(ports[subject.plane as 'api' | 'oss'], mutant);
    const group = status === 'closed' ? status : `${status[0]}xx`;
    statuses[group] = (statuses[group] ?? 0) + 1;
    const why = `seed ${seed}, ${i}, ${subject.name}: ${status}\n${JSON.stringify(base)}\n${JSON.stringify(mutant)}`;
    if (status.startsWith('5')) throw new Error(`a fault of the server. ${why}`);
    // Reading back what was signed and a preflight of nobody are not signed calls.
    if (!status.startsWith('2') || mutant.method === 'OPTIONS') continue;
    const address = subject.plane === 'oss' ? addressesOf(base, world)[0] : '';
    const read = asRead(mutant);
    const about = subject.plane === 'api' || addressesOf(read, world).includes(String(address));
    if (!about || !isSame(subject, base, read, String(address), world)) {
      throw new Error(`another request succeeded. ${why}`);
    }
  }
  return { sent: count, statuses };
}

/** Blanks and tabs around the value of a header are no part of it (RFC 9110 section 5.5). */
const asRead = (message: WireMessage): WireMessage => ({
  ...message,
  headers: message.headers.map(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')] as const),
});

async function store(port: number, { keys, bucket }: SubjectWorld, key: string): Promise<void> {
  const [owner] = keys;
  if (!owner) throw new Error('there is nobody to store the objects');
  const clock = { ms: Date.now() };
  const { accessKeyId, accessKeySecret: secret, securityToken } = owner;
  const headers = securityToken === undefined ? {} : { 'x-oss-security-token': securityToken };
  const reply = await send(
    { port, clock },
    { method: 'PUT', bucket, key, body: 'content', accessKeyId, secret, headers },
  );
  if (reply.status !== 200) throw new Error(reply.body.toString());
}

function statusOf(port: number, message: WireMessage): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'closed'));
    socket.end(Buffer.from(wireText(message), 'latin1'));
  });
}
