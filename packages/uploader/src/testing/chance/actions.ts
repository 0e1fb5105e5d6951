/** What may happen in a {@link ChanceWorld}, and in which order. */
import fc from 'fast-check';
import { PART } from '../bench.js';
import type { LineFault, LineFaultKind } from './line.js';
import type { StoreFault, StoreFaultKind } from './records.js';
import type { TokenFault, TokenFaultKind, WorldOptions } from './world.js';

/** What a listener of a task does when it hears of something for the nth time. */
export interface Hook {
  readonly event: 'state' | 'progress' | 'partuploaded' | 'retry' | 'error' | 'warning';
  readonly nth: number;
  readonly act: 'pause' | 'resume' | 'cancel' | 'retry' | 'close' | 'throw' | 'pause-resume';
}

export interface Stream {
  readonly breaksAt: number | undefined;
  readonly silentAt: number | undefined;
}

export type Act =
  | {
      readonly do: 'upload';
      readonly page: number;
      readonly name: number;
      readonly size: number;
      readonly priority: number;
      readonly cover: boolean;
      readonly image: boolean;
      readonly instant: boolean;
      readonly stream: Stream | undefined;
      readonly hook: Hook | undefined;
    }
  | { readonly do: 'upload-all'; readonly page: number; readonly sizes: readonly number[]; readonly slowly: boolean }
  | { readonly do: 'pause' | 'resume' | 'retry' | 'abort-signal'; readonly task: number }
  | { readonly do: 'cancel'; readonly task: number; readonly abortUpload: boolean }
  | { readonly do: 'pause-all' | 'resume-all' | 'cancel-all'; readonly batch: number }
  | { readonly do: 'priority'; readonly task: number; readonly priority: number }
  | { readonly do: 'bandwidth'; readonly page: number; readonly limit: number | undefined }
  | { readonly do: 'close' | 'crash'; readonly page: number }
  | { readonly do: 'unfinished'; readonly page: number; readonly act: 'resume' | 'resume-file' | 'discard' }
  | { readonly do: 'online' | 'offline' | 'revoke' | 'wake' }
  | { readonly do: 'sleep' | 'wait'; readonly ms: number }
  | { readonly do: 'clock'; readonly by: number }
  | { readonly do: 'line'; readonly fault: LineFault }
  | { readonly do: 'store'; readonly fault: StoreFault }
  | { readonly do: 'token'; readonly fault: TokenFault }
  | { readonly do: 'change'; readonly name: number; readonly how: 'touched' | 'longer' | 'shorter' | 'in-secret' }
  | { readonly do: 'unreadable'; readonly name: number; readonly is: boolean }
  | { readonly do: 'server-forgets'; readonly what: 'upload' | 'media'; readonly nth: number };

export interface Step {
  /** Milliseconds that pass before. */
  readonly after: number;
  readonly act: Act;
}

const MIB = 1024 * 1024;
const PAGES = 2;
const NAMES = 4;

const page = fc.nat(PAGES - 1);
const name = fc.nat(NAMES - 1);
const nth = fc.nat(11);
const times = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.integer({ min: 4, max: 40 }));
const size = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      0,
      1,
      1000,
      PART - 1,
      PART,
      PART + 1,
      2 * PART - 1,
      2 * PART,
      2 * PART + 1,
      3 * PART + 5,
      6 * PART,
      9 * PART + 1,
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(MIB, MIB + 1, 2 * MIB + 77) },
);
const pauses = fc.constantFrom(0, 0, 0, 1, 5, 20, 40, 60, 100, 150, 300, 1000, 3000, 10_000, 61_000);

const hook: fc.Arbitrary<Hook> = fc.record({
  event: fc.constantFrom('state', 'progress', 'partuploaded', 'retry', 'error', 'warning'),
  nth: fc.integer({ min: 1, max: 4 }),
  act: fc.constantFrom('pause', 'resume', 'cancel', 'retry', 'close', 'throw', 'pause-resume'),
});

const rarely = <T>(arbitrary: fc.Arbitrary<T>, freq: number) => fc.option(arbitrary, { nil: undefined, freq });
const seldom = fc.nat(7).map((n) => n === 7);

const stream: fc.Arbitrary<Stream> = fc.record({
  breaksAt: rarely(fc.nat(4 * PART), 4),
  silentAt: rarely(fc.nat(4 * PART), 3),
});

const upload: fc.Arbitrary<Act> = fc.record({
  do: fc.constant('upload' as const),
  page,
  name,
  size,
  priority: fc.integer({ min: -1, max: 1 }),
  cover: seldom,
  image: seldom,
  instant: seldom,
  stream: fc.nat(5).chain((n) => (n === 5 ? stream : fc.constant(undefined))),
  hook: fc.nat(3).chain((n) => (n === 3 ? hook : fc.constant(undefined))),
});

const fault: fc.Arbitrary<LineFault> = fc
  .record({
    operation: fc.constantFrom(
      'any',
      'any',
      'UploadPart',
      'UploadPart',
      'PutObject',
      'Complete',
      'Complete',
      'Initiate',
      'ListParts',
      'Abort',
      'CreateUploadVideo',
      'CreateUploadImage',
      'RefreshUploadVideo',
      'ListUnfinishedUploads',
    ),
    kind: fc.constantFrom<LineFaultKind[]>(
      'lost-request',
      'lost-answer',
      'lost-answer',
      'stall',
      'stall-after',
      'late',
      'twice',
      'slow',
      'status',
      'status-after',
      'half-answer',
      'portal',
      'corrupt',
      'refused',
    ),
    times,
    ms: fc.constantFrom(0, 50, 200, 1000, 5000, 20_000, 90_000),
    status: fc.constantFrom(500, 502, 503, 504, 408, 429),
  })
  .map((one) => (one.kind === 'status-after' ? { ...one, status: Math.max(500, one.status) } : one));

const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
const task = nth;

const act: fc.Arbitrary<Act> = fc.oneof(
  weighted(14, upload),
  weighted(
    2,
    fc.record({
      do: fc.constant('upload-all' as const),
      page,
      sizes: fc.array(size, { minLength: 1, maxLength: 6 }),
      slowly: fc.boolean(),
    }),
  ),
  weighted(8, fc.record({ do: fc.constantFrom('pause' as const, 'resume', 'retry'), task })),
  weighted(5, fc.record({ do: fc.constant('resume' as const), task })),
  weighted(2, fc.record({ do: fc.constant('abort-signal' as const), task })),
  weighted(5, fc.record({ do: fc.constant('cancel' as const), task, abortUpload: fc.boolean() })),
  weighted(2, fc.record({ do: fc.constantFrom('pause-all' as const, 'resume-all', 'cancel-all'), batch: fc.nat(1) })),
  weighted(2, fc.record({ do: fc.constant('priority' as const), task, priority: fc.integer({ min: -2, max: 2 }) })),
  weighted(
    2,
    fc.record({
      do: fc.constant('bandwidth' as const),
      page,
      limit: fc.constantFrom(undefined, 50_000, 300_000, 2_000_000),
    }),
  ),
  weighted(2, fc.record({ do: fc.constant('close' as const), page })),
  weighted(3, fc.record({ do: fc.constant('crash' as const), page })),
  weighted(
    3,
    fc.record({
      do: fc.constant('unfinished' as const),
      page,
      act: fc.constantFrom('resume' as const, 'resume-file', 'discard'),
    }),
  ),
  weighted(5, fc.record({ do: fc.constantFrom('online' as const, 'offline', 'revoke', 'wake') })),
  weighted(2, fc.record({ do: fc.constant('sleep' as const), ms: fc.constantFrom(2000, 60_000, 7_200_000) })),
  weighted(4, fc.record({ do: fc.constant('wait' as const), ms: pauses })),
  weighted(
    2,
    fc.record({
      do: fc.constant('clock' as const),
      by: fc.constantFrom(-86_400_000, -1_800_000, -61_000, -500, 500, 61_000, 1_800_000, 86_400_000),
    }),
  ),
  weighted(12, fc.record({ do: fc.constant('line' as const), fault })),
  weighted(
    3,
    fc.record({
      do: fc.constant('store' as const),
      fault: fc.record({
        kind: fc.constantFrom<StoreFaultKind[]>('throws', 'rejects', 'hangs', 'slow', 'loses', 'old'),
        times: fc.integer({ min: 1, max: 4 }),
      }),
    }),
  ),
  weighted(
    3,
    fc.record({
      do: fc.constant('token' as const),
      fault: fc.record({
        kind: fc.constantFrom<TokenFaultKind[]>('rejects', 'refuses', 'hangs', 'slow', 'stale', 'malformed'),
        times: fc.integer({ min: 1, max: 4 }),
      }),
    }),
  ),
  weighted(
    2,
    fc.record({
      do: fc.constant('change' as const),
      name,
      how: fc.constantFrom('touched' as const, 'longer', 'shorter', 'in-secret'),
    }),
  ),
  weighted(1, fc.record({ do: fc.constant('unreadable' as const), name, is: fc.boolean() })),
  weighted(
    1,
    fc.record({ do: fc.constant('server-forgets' as const), what: fc.constantFrom('upload' as const, 'media'), nth }),
  ),
);

const inTime = (one: fc.Arbitrary<Act>): fc.Arbitrary<Step> => fc.record({ after: pauses, act: one });

export const steps: fc.Arbitrary<Step[]> = fc.array(inTime(act), { minLength: 1, maxLength: 24, size: 'max' });

const HEALING: ReadonlySet<LineFaultKind> = new Set([
  'lost-request',
  'lost-answer',
  'stall',
  'stall-after',
  'late',
  'twice',
  'slow',
  'status',
  'status-after',
  'corrupt',
]);
const OF_THE_STORE: ReadonlySet<string> = new Set([
  'UploadPart',
  'PutObject',
  'Complete',
  'Initiate',
  'ListParts',
  'Abort',
]);

const heals = ({ kind, operation }: LineFault): boolean =>
  HEALING.has(kind) || (kind === 'portal' && OF_THE_STORE.has(operation));

/** What an uploader heals by itself, as long as there is not too much of it. */
export const gentleSteps: fc.Arbitrary<Step[]> = steps.map((all) => {
  let faults = 0;
  let tokens = 0;
  let jumps = 0;
  return all.flatMap(({ after, act }): Step[] => {
    switch (act.do) {
      case 'change':
      case 'unreadable':
      case 'server-forgets':
      case 'unfinished':
        return [];
      case 'upload':
        // The credential of an image cannot be renewed; a stream may break off.
        return [{ after, act: { ...act, cover: false, image: false, stream: whole(act.stream) } }];
      case 'clock':
        // Corrected once a call.
        return ++jumps > 1 ? [] : [{ after, act }];
      case 'line':
        if (!heals(act.fault) || ++faults > 3) return [];
        return [{ after, act: { ...act, fault: { ...act.fault, times: 1 } } }];
      case 'token':
        if (!['rejects', 'hangs', 'slow'].includes(act.fault.kind) || ++tokens > 2) return [];
        return [{ after, act: { ...act, fault: { ...act.fault, times: 1 } } }];
      default:
        return [{ after, act }];
    }
  });
});

const whole = (stream: Stream | undefined) => stream && { ...stream, breaksAt: undefined };

const anyWorld: fc.Arbitrary<WorldOptions> = fc.record({
  mode: fc.constantFrom('sts' as const, 'sts', 'sts', 'auth'),
  parallel: fc.constantFrom(1, 2, 3, 'auto' as const),
  partSize: fc.constantFrom(PART, PART, PART, 'auto' as const),
  parallelFiles: fc.constantFrom(undefined, 1, 2),
  retryCount: fc.constantFrom(0, 2, 8, 8),
  account: fc.constantFrom('', 'ann'),
  checkpoints: fc.constantFrom(true, true, true, false),
  tabs: fc.constantFrom(true, true, false),
  tokenLife: fc.constantFrom(2000, 60_000, 3_600_000, 3_600_000),
  authLife: fc.constantFrom(1500, 30_000, 3_000_000, 3_000_000),
  skew: fc.constantFrom(0, 0, 0, -7_200_000, 7_200_000),
  listCrc: fc.constantFrom(true, true, false),
  pageSize: fc.constantFrom(1000, 2),
  extensions: fc.boolean(),
  disk: fc.constantFrom(0, 0, 10),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  way: fc.constantFrom(5, 20, 120),
  speed: fc.constantFrom(500, 2000, 20_000),
  ghosts: fc.boolean(),
  dateless: fc.constantFrom(false, false, false, true),
});

/** A wrong clock heals by the `Date` of answers only. */
export const worlds: fc.Arbitrary<WorldOptions> = anyWorld.map((world) =>
  world.dateless ? { ...world, skew: 0 } : world,
);

export const gentleWorlds: fc.Arbitrary<WorldOptions> = anyWorld.map((world) => ({
  ...world,
  authLife: Math.max(world.authLife, 30_000),
  dateless: false,
  retryCount: 8,
  skew: 0,
  // Without, two pages may complete one upload.
  tabs: true,
}));
