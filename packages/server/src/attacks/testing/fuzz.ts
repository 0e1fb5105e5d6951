import { nonces } from '../../gate/nonces.js';
import { createOssAuthenticator } from '../../gate/oss-authenticate.js';
import { createOssFormAuthenticator } from '../../gate/oss-form.js';
import { rpcAuthenticator } from '../../gate/rpc-authenticate.js';
import { parseRpcRequest, type RawRpcRequest } from '../../gate/rpc-request.js';
import { readAddresses } from '../../oss/addressing.js';
import { OssError } from '../../oss/oss-error.js';
import { readRawRequest } from '../../oss/raw-request.js';
import { RpcError } from '../../rpc/rpc-error.js';
import { type ControlRoom, controlRoom } from '../../testing/control-room.js';
import { hostile, type Mutation } from './mutations.js';
import { type Seeded, seeded } from './seeded.js';
import { addressesOf, addressText, asIncoming, type Subject, type SubjectWorld, subjects } from './signed-subjects.js';
import { readPairs, type WireMessage } from './wire-message.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Mutated requests that may mean something else. */
  readonly count: number;
  /** The first of them, to look at one that failed. Default 0. */
  readonly from?: number;
}

export interface FuzzReport {
  readonly mutated: number;
  /** Of these: changed to the same request in other words, and accepted. */
  readonly sameMeaning: number;
  /** Requests changed so that they stay the same, all accepted. */
  readonly equivalent: number;
  /** Second copies of those, all refused where the scheme has a nonce. */
  readonly replayed: number;
}

/** One of this many goes through the whole dispatcher too. */
const DISPATCHED = 16;
/** One of this many is joined by one that must be accepted. */
const ACCEPTED = 10;

export const FUZZ_OBJECTS = ['a.mp4', 'dir/ü b+c.mp4', 'x/../y', "q'*(1)~.bin"];

/** A request is let in by the gate as somebody's. @returns the object that it is about, on the data plane */
type Gate = (message: WireMessage) => Promise<string | undefined>;

/** Deterministic bytes: keys and tokens of a run are those of its seed. */
function randomOf(seed: number) {
  const chance = seeded(seed);
  return { bytes: (length: number) => Uint8Array.from({ length }, () => chance.int(256)) };
}

export async function fuzzInProcess({ seed, count, from = 0 }: FuzzOptions): Promise<FuzzReport> {
  const room = await controlRoom({ random: randomOf(seed), perSecond: 1e9 });
  try {
    const world = await worldOf(room);
    const gates = gatesOf(room, world);
    const report = { mutated: 0, sameMeaning: 0, equivalent: 0, replayed: 0 };
    for (let i = from; i < from + count; i++) {
      const random = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b));
      const subject = subjects[i % subjects.length] as Subject;
      const base = subject.make(world, random);
      const mutant = mutated(base, random);
      const where = () => describeFailure(seed, i, subject, base, mutant);
      const address = await refusedOr(gates[subject.plane], mutant, where);
      report.mutated++;
      if (address !== undefined) {
        if (!isSame(subject, base, mutant, address, world)) throw new Error(`accepted another request. ${where()}`);
        report.sameMeaning++;
      }
      if (subject.plane === 'api' && i % DISPATCHED === 0) await dispatch(room, mutant, address, where);
      if (i % ACCEPTED === 0) await acceptAll(subject, world, gates, random, report, seed, i);
    }
    return report;
  } finally {
    await room.close();
  }
}

export function mutated(base: WireMessage, random: Seeded): WireMessage {
  let message = base;
  for (let rounds = 1 + random.int(3); rounds > 0; rounds--) message = random.pick(hostile)(message, random);
  return message;
}

export function isSame(
  subject: Subject,
  base: WireMessage,
  mutant: WireMessage,
  address: string,
  world: SubjectWorld,
): boolean {
  if (subject.plane === 'oss' && address !== addressesOf(base, world)[0]) return false;
  return subject.meaning(base) === subject.meaning(mutant);
}

/** @throws what is no refusal: a crash */
async function refusedOr(gate: Gate, message: WireMessage, where: () => string): Promise<string | undefined> {
  try {
    return await gate(message);
  } catch (error) {
    if ((error instanceof RpcError || error instanceof OssError) && error.status < 500) return undefined;
    throw new Error(`crashed. ${where()}`, { cause: error });
  }
}

async function dispatch(
  room: ControlRoom,
  mutant: WireMessage,
  address: string | undefined,
  where: () => string,
): Promise<void> {
  const { status } = await room.rpc(asRaw(mutant));
  if (status >= 500) throw new Error(`answered ${status}. ${where()}`);
  if (status === 200 && address === undefined) throw new Error(`answered 200 to nobody. ${where()}`);
}

/** The same request in other words is let in, once where there is a nonce. */
async function acceptAll(
  subject: Subject,
  world: SubjectWorld,
  gates: Readonly<Record<Subject['plane'], Gate>>,
  random: Seeded,
  report: { equivalent: number; replayed: number },
  seed: number,
  index: number,
): Promise<void> {
  const base = subject.make(world, random);
  const inOtherWords = () =>
    subject.equivalent.reduce<WireMessage>(
      (message, change: Mutation) => (random.chance(0.7) ? change(message, random) : message),
      base,
    );
  const first = inOtherWords();
  const where = () => describeFailure(seed, index, subject, base, first);
  const address = await refusedOr(gates[subject.plane], first, where);
  if (address === undefined) throw new Error(`refused the same request in other words. ${where()}`);
  if (!isSame(subject, base, first, address, world)) throw new Error(`read another request. ${where()}`);
  report.equivalent++;
  if (subject.plane !== 'api') return;
  const again = await refusedOr(gates.api, inOtherWords(), where);
  if (again !== undefined) throw new Error(`accepted a replay. ${where()}`);
  report.replayed++;
}

async function worldOf(room: ControlRoom): Promise<SubjectWorld> {
  const root = await room.rootKey();
  const user = await room.user('fuzzed');
  const sessions = [await room.session(room.appServer), await room.session(room.appServer, { RoleSessionName: 'bob' })];
  return {
    keys: [root, user, room.appServer, ...sessions],
    bucket: room.installation.bucket,
    objects: FUZZ_OBJECTS,
    apiHost: 'sluice.test',
    roleArn: room.installation.uploadRoleArn,
    now: () => room.clock.now(),
  };
}

export const asRaw = ({ method, target, headers, body }: WireMessage): RawRpcRequest => ({
  method,
  target,
  rawHeaders: headers.flat(),
  body: Buffer.from(body, 'latin1'),
  sourceIp: '192.0.2.7',
  secure: false,
});

function gatesOf(room: ControlRoom, world: SubjectWorld): Readonly<Record<Subject['plane'], Gate>> {
  const { credentials, clock } = room;
  const api = rpcAuthenticator(
    credentials,
    clock,
    nonces(clock, { groupMs: 5 * 60_000 }),
    nonces(clock, { groupMs: 3600_000 }),
  );
  const oss = createOssAuthenticator({ credentials, clock });
  const form = createOssFormAuthenticator({ credentials, clock });
  return {
    async api(message) {
      const { principal } = await api.authenticate(parseRpcRequest(asRaw(message)));
      return principal.kind === 'anonymous' ? undefined : '';
    },
    async oss(message) {
      const request = readRawRequest(asIncoming(message));
      const addresses = readAddresses(request, { ossDomain: 'oss.localhost', bareBucket: world.bucket });
      const { principal, address } = await oss(request, addresses);
      return principal.kind === 'anonymous' ? undefined : addressText(address);
    },
    async form(message) {
      const pairs = readPairs(message.body).map(([name, value]) => [name.toLowerCase(), value] as const);
      // The reader of forms refuses what came twice: oss/operations/post-object.test.ts.
      if (new Set(pairs.map(([name]) => name)).size < pairs.length) return undefined;
      return (await form(new Map(pairs))).principal.kind === 'anonymous' ? undefined : '';
    },
  };
}

function describeFailure(seed: number, index: number, subject: Subject, base: WireMessage, mutant: WireMessage) {
  const again = `SLUICE_FUZZ_SEED=${seed} SLUICE_FUZZ_FROM=${index} SLUICE_FUZZ_COUNT=1`;
  return `${subject.name}; again with ${again}\n${JSON.stringify(base)}\n${JSON.stringify(mutant)}`;
}
