/** The 21 condition operators; there are no others (no `…IfExists`, `Null`, `ForAnyValue:`). Reference ram-sts 3.2. */
import { parseInstant } from './instant.js';
import { parseIpRange } from './ip-range.js';
import { compileWildcard } from './wildcard.js';

/** Compares with what the request carries; `undefined` when that is not of the operator's type. */
export type ConditionTest = (given: string) => boolean | undefined;

export interface ConditionOperator {
  /** True for the `…Not…` operators: the condition holds if none of the values does. */
  readonly negated: boolean;
  /** What the values must be, for the error message. */
  readonly expects: string;
  /** `undefined` when the value is not of the operator's type. */
  compile(value: string): ConditionTest | undefined;
}

type Compile = ConditionOperator['compile'];

function operator(expects: string, compile: Compile, negated = false): ConditionOperator {
  return { expects, compile, negated };
}

function compareBy(
  parse: (text: string) => number | undefined,
  holds: (given: number, value: number) => boolean,
): Compile {
  return (text) => {
    const value = parse(text);
    if (value === undefined) return undefined;
    return (given) => {
      const number = parse(given);
      return number === undefined ? undefined : holds(number, value);
    };
  };
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : undefined;
}

function parseBool(text: string): number | undefined {
  const folded = text.toLowerCase();
  return folded === 'true' ? 1 : folded === 'false' ? 0 : undefined;
}

const equal: Compile = (value) => (given) => given === value;
const equalIgnoringCase: Compile = (value) => {
  const folded = value.toLowerCase();
  return (given) => given.toLowerCase() === folded;
};
const like: Compile = (value) => {
  const pattern = compileWildcard(value);
  return (given) => pattern.matches(given);
};

function family(prefix: 'Numeric' | 'Date', expects: string, parse: (text: string) => number | undefined) {
  const same = compareBy(parse, (a, b) => a === b);
  return [
    [`${prefix}Equals`, operator(expects, same)],
    [`${prefix}NotEquals`, operator(expects, same, true)],
    [
      `${prefix}LessThan`,
      operator(
        expects,
        compareBy(parse, (a, b) => a < b),
      ),
    ],
    [
      `${prefix}LessThanEquals`,
      operator(
        expects,
        compareBy(parse, (a, b) => a <= b),
      ),
    ],
    [
      `${prefix}GreaterThan`,
      operator(
        expects,
        compareBy(parse, (a, b) => a > b),
      ),
    ],
    [
      `${prefix}GreaterThanEquals`,
      operator(
        expects,
        compareBy(parse, (a, b) => a >= b),
      ),
    ],
  ] as const;
}

const TEXT = 'text';
const ADDRESS = 'an IPv4 or IPv6 address or CIDR block';

/** By exact name. A map, so that no name of a document meets `Object.prototype`. */
export const CONDITION_OPERATORS: ReadonlyMap<string, ConditionOperator> = new Map<string, ConditionOperator>([
  ['StringEquals', operator(TEXT, equal)],
  ['StringNotEquals', operator(TEXT, equal, true)],
  ['StringEqualsIgnoreCase', operator(TEXT, equalIgnoringCase)],
  ['StringNotEqualsIgnoreCase', operator(TEXT, equalIgnoringCase, true)],
  ['StringLike', operator(TEXT, like)],
  ['StringNotLike', operator(TEXT, like, true)],
  ...family('Numeric', 'a decimal number', parseNumber),
  ...family('Date', 'an ISO 8601 date, or date and time with its zone', parseInstant),
  [
    'Bool',
    operator(
      'true or false',
      compareBy(parseBool, (a, b) => a === b),
    ),
  ],
  ['IpAddress', operator(ADDRESS, parseIpRange)],
  ['NotIpAddress', operator(ADDRESS, parseIpRange, true)],
]);
