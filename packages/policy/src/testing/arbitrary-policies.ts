/** Random policies and requests that have something to do with each other: both are made of the same few names. */
import fc from 'fast-check';
import type { NaiveRequest, RawPolicy, RawStatement } from './naive-evaluator.js';

const ACTIONS = [
  'oss:PutObject',
  'oss:GetObject',
  'oss:ListParts',
  'oss:ListObjects',
  'oss:AbortMultipartUpload',
  'vod:CreateUploadVideo',
  'sts:AssumeRole',
] as const;
const ACTION_PATTERNS = [
  ...ACTIONS,
  'oss:*',
  'oss:Put*',
  'oss:*Object',
  'oss:?etObject',
  'OSS:putobject',
  '*:*Object*',
  'vod:*',
  '*',
] as const;

const PATHS = ['b', 'b/k', 'b/u/a', 'b/u/b/x', 'bb/k', 'b/u/a:x', 'b/*', 'b/U/a', 'b/u/😀', 'c/k'] as const;
const NAMES = [
  ...PATHS.flatMap((path) => [`acs:oss:*:100:${path}`, `acs:oss:*:200:${path}`]),
  'acs:ram::100:role/r',
  'acs:ram:*:100:role/r',
  'acs:vod:*:100:media/m',
  '*',
] as const;
const NAME_PATTERNS = [
  '*',
  'acs:oss:*',
  'acs:oss:*:100:*',
  'acs:oss:*:*:b',
  'acs:oss:*:*:b*',
  'acs:oss:*:*:b/*',
  'acs:oss:*:*:b/u/*',
  'acs:oss:*:100:b/u/*',
  'acs:oss:*:*:b/u/a',
  'acs:oss:*:*:*/k',
  'acs:oss:*:*:b/?',
  'acs:oss:*:*:b/*/?',
  'acs:oss:*:?00:*a*',
  'acs:oss::*:b/*',
  'acs:ram::100:role/*',
  'acs:ram:*:*:role/r',
  'acs:ram::*',
  'acs:*:*:100:*',
] as const;

const oneOrMore = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof({ weight: 2, arbitrary: of }, { weight: 1, arbitrary: fc.array(of, { minLength: 1, maxLength: 3 }) });

const namePattern = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('*', 'acs:oss:*', 'acs:oss:*:*:b*') },
  { weight: 4, arbitrary: fc.constantFrom(...NAME_PATTERNS) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: fc.constantFrom(...'b/ua**?:😀'), maxLength: 7 })
      .map((text) => `acs:oss:*:*:b${text}`),
  },
);

interface Values {
  readonly key: string;
  readonly operators: readonly string[];
  /** In policies. */
  readonly wanted: readonly (string | boolean | number)[];
  /** In requests. */
  readonly given: readonly string[];
}
const family = (prefix: string) =>
  ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map((s) => prefix + s);
const STRINGS = ['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'];
const VALUES: readonly Values[] = [
  {
    key: 'oss:Prefix',
    operators: STRINGS.map((s) => `String${s}`),
    wanted: ['', 'u/', 'u/*', 'U/A', 'u/?', '*a*', 'u/a/*'],
    given: ['', 'u/', 'u/a', 'U/a', 'u/a/x', 'u/*'],
  },
  {
    key: 'acs:SourceIp',
    operators: ['IpAddress', 'NotIpAddress'],
    wanted: ['10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '::/0', '2001:db8::/33', '::ffff:10.0.0.0/104', '10.1.2.0/23'],
    given: [
      '10.1.2.3',
      '10.1.3.9',
      '192.0.2.1',
      '2001:db8::1',
      '2001:db8:8000::1',
      '::ffff:10.1.2.3',
      'fe80::1%eth0',
      'x',
    ],
  },
  {
    key: 'acs:CurrentTime',
    operators: family('Date'),
    wanted: ['2026-01-01T00:00:00Z', '2026-01-01T08:00:00+08:00', '2026-01-01', '2024-02-29T23:59:59.5Z'],
    given: ['2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', '2024-03-01T00:00:00Z', '2026-06-01T00:00:00-05:30', 'now'],
  },
  {
    key: 'n:Count',
    operators: family('Numeric'),
    wanted: ['10', 10, '1e1', '-0.5', '11'],
    given: ['10', '10.0', '9.99', '11', '-1', 'ten'],
  },
  {
    key: 'acs:SecureTransport',
    operators: ['Bool'],
    wanted: ['true', false, 'FALSE', true],
    given: ['true', 'false', 'TRUE'],
  },
];
/** How many operators the policies can have. */
export const OPERATORS_USED: ReadonlySet<string> = new Set(VALUES.flatMap(({ operators }) => operators));

const entry = fc
  .constantFrom(...VALUES)
  .chain(({ key, operators, wanted }) =>
    fc.tuple(fc.constantFrom(...operators), fc.constant(key), oneOrMore(fc.constantFrom(...wanted))),
  );
const conditions = fc
  .oneof({ weight: 3, arbitrary: entry.map((one) => [one]) }, { weight: 1, arbitrary: fc.tuple(entry, entry) })
  .map((entries) => {
    const block: Record<string, Record<string, unknown>> = {};
    for (const [operator, key, values] of entries) block[operator] = { ...block[operator], [key]: values };
    return block;
  });

const mostly = (weight: number): fc.Arbitrary<boolean> => fc.nat(9).map((n) => n < weight);
const effect = mostly(7).map((allow) => (allow ? ('Allow' as const) : ('Deny' as const)));
const optionalConditions = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: conditions },
);
const actionPattern = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...ACTION_PATTERNS) },
  { weight: 1, arbitrary: fc.constantFrom('oss:*', '*') },
);
const action = fc.tuple(mostly(8), oneOrMore(actionPattern));

export const identityStatement: fc.Arbitrary<RawStatement> = fc
  .tuple(effect, action, mostly(8), oneOrMore(namePattern), optionalConditions)
  .map(([Effect, [plainAction, Action], plain, Resource, Condition]) => ({
    Effect,
    ...(plainAction ? { Action } : { NotAction: Action }),
    ...(plain ? { Resource } : { NotResource: Resource }),
    ...(Condition ? { Condition } : {}),
  }));

const PRINCIPALS = ['acs:ram::100:root', 'acs:ram:*:100:user/a', 'acs:ram::100:role/r', 'acs:ram::200:root'] as const;
const SERVICES = ['vod.aliyuncs.com', 'OSS.aliyuncs.com'] as const;
export const trustStatement: fc.Arbitrary<RawStatement> = fc
  .tuple(
    effect,
    action,
    oneOrMore(fc.constantFrom(...PRINCIPALS)),
    fc.constantFrom(...SERVICES),
    fc.nat(2),
    optionalConditions,
  )
  .map(([Effect, [plain, Action], RAM, Service, kind, Condition]) => ({
    Effect,
    ...(plain ? { Action } : { NotAction: Action }),
    Principal: { ...(kind < 2 ? { RAM } : {}), ...(kind > 0 ? { Service } : {}) },
    ...(Condition ? { Condition } : {}),
  }));

const OSS_PATTERNS = ACTION_PATTERNS.filter((text) => text === '*' || /^oss:/i.test(text));
const ADDRESSED = [
  '*',
  '100',
  '200',
  '7',
  'arn:sts::100:assumed-role/r/s',
  'arn:sts::100:assumed-role/r/*',
  'arn:sts::200:assumed-role/*/s',
  'arn:sts::*:*/*/*',
  'arn:sts::100:assumed-role/r*/s*',
] as const;
export const bucketStatement: fc.Arbitrary<RawStatement> = fc
  .tuple(
    effect,
    oneOrMore(fc.constantFrom(...OSS_PATTERNS)),
    oneOrMore(namePattern.filter((text) => !text.includes('**'))),
    oneOrMore(fc.constantFrom(...ADDRESSED)),
    optionalConditions,
  )
  .map(([Effect, Action, Resource, Principal, Condition]) => ({
    Effect,
    Action,
    Resource,
    Principal,
    ...(Condition ? { Condition } : {}),
  }));

export const policies = (statement: fc.Arbitrary<RawStatement>): fc.Arbitrary<RawPolicy[]> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant<RawPolicy[]>([]) },
    {
      weight: 19,
      arbitrary: fc.array(
        fc.array(statement, { minLength: 1, maxLength: 4 }).map((Statement) => ({ Version: '1', Statement })),
        { minLength: 1, maxLength: 3 },
      ),
    },
  );

const given = VALUES.map(({ key, given: values }) =>
  fc.option(fc.constantFrom(...values), { freq: 8, nil: undefined }).map((value) => [key, value] as const),
);
export const context: fc.Arbitrary<Record<string, string | undefined>> = fc
  .tuple(...given)
  .map((entries) => Object.fromEntries(entries));

export const request = fc.record({
  action: fc.constantFrom(...ACTIONS, 'OSS:getobject'),
  resource: fc.constantFrom(...NAMES),
  principalArns: fc.subarray(
    [
      'acs:ram::100:root',
      'acs:ram::100:user/a',
      'acs:ram:*:100:role/r',
      'acs:ram::200:root',
      'VOD.aliyuncs.com',
      'oss.aliyuncs.com',
    ],
    { minLength: 1, maxLength: 4 },
  ),
  context,
});

/** A request for something of a bucket: who asks is one identity, by all of its names, or nobody. */
export const bucketRequest: fc.Arbitrary<NaiveRequest> = fc
  .tuple(
    request,
    fc.constantFrom(
      { principalArns: ['100'], byOwner: true },
      { principalArns: ['200'], byOwner: false },
      { principalArns: ['7'], byOwner: false },
      { principalArns: ['arn:sts::100:assumed-role/r/s'], byOwner: false },
      { principalArns: ['arn:sts::100:assumed-role/rr/x'], byOwner: false },
      { principalArns: ['arn:sts::200:assumed-role/q/s'], byOwner: false },
      { principalArns: [] as string[], byOwner: false },
    ),
  )
  .map(([asked, caller]) => ({ ...asked, ...caller }));
