/**
 * The policy language a second time, written from the grammar alone (reference ram-sts 3.1, 3.2, 3.4) and by another
 * route: every statement is expanded into single rules, every rule is asked, and only then is decided. Slow and obvious;
 * it shares no line with what it is compared with.
 */

export type NaiveOutcome = 'Allow' | 'ExplicitDeny' | 'ImplicitDeny';

export interface NaiveRequest {
  readonly action: string;
  readonly resource: string;
  readonly principalArns?: readonly string[];
  readonly byOwner?: boolean;
  readonly context?: Readonly<Record<string, string | undefined>>;
}

export interface NaiveAnswer {
  readonly outcome: NaiveOutcome;
  /** Rules with conditions for which all else fitted: how many of them held, how many did not. */
  readonly held: number;
  readonly failed: number;
}

type List = string | readonly string[];
export interface RawStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: List;
  readonly NotAction?: List;
  readonly Resource?: List;
  readonly NotResource?: List;
  readonly Principal?: Readonly<Record<string, List>> | List;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
export interface RawPolicy {
  readonly Version: string;
  readonly Statement: readonly RawStatement[];
}

interface Rule {
  readonly effect: 'Allow' | 'Deny';
  readonly fits: boolean;
  readonly conditions: readonly (readonly [operator: string, key: string, values: readonly string[]])[];
}

export function naiveEvaluate(policies: readonly RawPolicy[], request: NaiveRequest): NaiveAnswer {
  const rules = policies.flatMap((policy) => policy.Statement.flatMap((statement) => expand(statement, request)));
  const fitting = rules.filter((rule) => rule.fits);
  const holds = ({ conditions }: Rule) =>
    conditions.map((c) => condition(...c, request)).filter((ok) => !ok).length === 0;
  const matching = fitting.filter(holds);
  const effects = new Set(matching.map((rule) => rule.effect));
  const conditioned = fitting.filter((rule) => rule.conditions.length > 0);
  return {
    outcome: effects.has('Deny') ? 'ExplicitDeny' : effects.has('Allow') ? 'Allow' : 'ImplicitDeny',
    held: conditioned.filter(holds).length,
    failed: conditioned.filter((rule) => !holds(rule)).length,
  };
}

/**
 * The order of the documents (reference ram-sts 3.4), word by word, for one request; `foreign`: the bucket is of another
 * account than the caller. Without a bucket policy `resource` is absent.
 */
export function naiveDecide(
  sets: {
    readonly session?: readonly RawPolicy[] | undefined;
    readonly identity: readonly RawPolicy[];
    readonly resource: readonly RawPolicy[];
    readonly foreign: boolean;
  },
  request: NaiveRequest,
): 'Allow' | 'Deny' {
  if (sets.session !== undefined && naiveEvaluate(sets.session, request).outcome !== 'Allow') return 'Deny';
  const a = naiveEvaluate(sets.identity, request).outcome;
  const b = naiveEvaluate(sets.resource, request).outcome;
  const grants = sets.foreign ? [b] : [a, b];
  if ([a, b].includes('ExplicitDeny')) return 'Deny';
  return grants.includes('Allow') ? 'Allow' : 'Deny';
}

/** One rule for every pair of an action and a resource; a negated list is one thing: everything outside of it. */
function expand(statement: RawStatement, request: NaiveRequest): Rule[] {
  const actions = alternatives(statement.Action, statement.NotAction, (pattern) =>
    glob(pattern.toUpperCase(), request.action.toUpperCase()),
  );
  const resources = parties(statement, request);
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => [operator, key, many(values as List).map(String)] as const),
  );
  return actions.flatMap((action) =>
    resources.map((resource) => ({ effect: statement.Effect, fits: action && resource, conditions })),
  );
}

/** Whom and what a statement is about: names, for a bucket policy every pair of a name and a caller. */
function parties(statement: RawStatement, request: NaiveRequest): boolean[] {
  const { Principal } = statement;
  const callers = request.principalArns ?? [];
  const named = () =>
    alternatives(statement.Resource, statement.NotResource, (pattern) => arn(pattern, request.resource));
  if (Principal === undefined) return named();
  if (typeof Principal !== 'string' && !Array.isArray(Principal)) {
    return Object.values(Principal)
      .flatMap(many)
      .map((name) => callers.map(plainName).includes(plainName(name)));
  }
  const spared = request.byOwner === true && statement.Condition === undefined;
  const who = many(Principal).map((name) => {
    if (name === '*') return !spared;
    return callers.filter((caller) => byPlaces(name, caller)).length > 0;
  });
  return named().flatMap((resource) => who.map((one) => one && resource));
}

/** An id is itself; the name of a session is compared place by place. */
function byPlaces(name: string, caller: string): boolean {
  const [wanted, given] = [name.split(/[:/]/), caller.split(/[:/]/)];
  if (wanted.length === 1 || wanted.length !== given.length) return name === caller;
  return wanted.every((place, i) => glob(place, given[i] as string));
}

function alternatives(list: List | undefined, not: List | undefined, test: (pattern: string) => boolean): boolean[] {
  if (list !== undefined) return many(list).map(test);
  return [many(not ?? []).filter(test).length === 0];
}

const many = (list: List): readonly string[] => (Array.isArray(list) ? (list as readonly string[]) : [list as string]);
const plainName = (name: string): string =>
  name.startsWith('acs:') ? name.replace('acs:ram:*:', 'acs:ram::') : name.toUpperCase();

/** All positions of the pattern that can be reached after each character. */
function glob(pattern: string, text: string): boolean {
  const symbols = [...pattern];
  const rest = (at: number): number[] => (symbols[at] === '*' ? [at, ...rest(at + 1)] : [at]);
  let reached = new Set(rest(0));
  for (const character of text) {
    const next = new Set<number>();
    for (const at of reached) {
      if (symbols[at] === '*') for (const p of rest(at)) next.add(p);
      else if (symbols[at] === '?' || symbols[at] === character) for (const p of rest(at + 1)) next.add(p);
    }
    reached = next;
  }
  return reached.has(symbols.length);
}

/** Names have five slots; a pattern of fewer speaks in its last one of all the rest. */
function arn(pattern: string, name: string): boolean {
  const slots = pattern.split(':');
  const wanted = slots.length <= 5 ? slots : [...slots.slice(0, 4), slots.slice(4).join(':')];
  if (wanted.length > 3 && wanted[0] === 'acs' && /^(ram|sts)$/.test(wanted[1] ?? '') && wanted[2] === '') {
    wanted[2] = '*';
  }
  const given = name.split(':');
  if (given.length < wanted.length) return false;
  const cut = [...given.slice(0, wanted.length - 1), given.slice(wanted.length - 1).join(':')];
  return wanted.every((slot, i) => glob(slot, cut[i] as string));
}

/** No value, or one that cannot be compared: does not hold. Several values: any; for a negated operator: none. */
function condition(operator: string, key: string, values: readonly string[], { context = {} }: NaiveRequest): boolean {
  const given = Object.entries(context).find(([name]) => name === key)?.[1];
  if (given === undefined) return false;
  const negated = /Not/.test(operator);
  const results = values.map((value) => compare(operator.replace('Not', ''), given, value));
  if (results.includes('incomparable')) return false;
  return negated ? !results.includes(true) : results.includes(true);
}

function compare(operator: string, given: string, value: string): boolean | 'incomparable' {
  if (operator === 'StringEquals') return given === value;
  if (operator === 'StringEqualsIgnoreCase') return given.toUpperCase() === value.toUpperCase();
  if (operator === 'StringLike') return glob(value, given);
  if (operator === 'IpAddress') {
    const [address, block] = [bits(given.split('%')[0] as string), network(value)];
    if (address === undefined) return 'incomparable';
    return address.length === block.of && address.startsWith(block.bits);
  }
  const read = operator === 'Bool' ? truth : operator.startsWith('Date') ? seconds : number;
  const [a, b] = [read(given), read(value)];
  if (a === undefined || b === undefined) return 'incomparable';
  const relation = operator.replace(/^Numeric|^Date/, '');
  if (relation === 'LessThan') return a < b;
  if (relation === 'LessThanEquals') return a <= b;
  if (relation === 'GreaterThan') return a > b;
  return relation === 'GreaterThanEquals' ? a >= b : a === b;
}

const truth = (text: string): number | undefined => ({ TRUE: 1, FALSE: 0 })[text.toUpperCase()];
const number = (text: string): number | undefined =>
  text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);

/** Seconds since the year 0, by counting days. */
function seconds(text: string): number | undefined {
  const m = /^(\d+)-(\d+)-(\d+)(?:T(\d+):(\d+)(?::(\d+(?:\.\d+)?))?(Z|[+-]\d+:\d+))?$/.exec(text);
  if (!m) return undefined;
  const [year, month, day, hour = 0, minute = 0, second = 0] = m.slice(1, 7).map((field) => Number(field ?? 0));
  const [sign, zoneHour = '0', zoneMinute = '0'] = /^([+-])(\d+):(\d+)$/.exec(m[7] ?? '')?.slice(1) ?? [''];
  let days = Number(day) - 1;
  for (let y = 0; y < Number(year); y += 1) days += leap(y) ? 366 : 365;
  for (let i = 1; i < Number(month); i += 1)
    days += i === 2 ? (leap(Number(year)) ? 29 : 28) : [4, 6, 9, 11].includes(i) ? 30 : 31;
  const zone = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 3600 + Number(zoneMinute) * 60);
  return days * 86_400 + hour * 3600 + minute * 60 + second - zone;
}

const leap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

function network(text: string): { readonly bits: string; readonly of: number } {
  const [address = '', length] = text.split('/');
  const all = bits(address) as string;
  // A block that is written as IPv4 inside of IPv6 counts its first 96 bits too.
  const own =
    length === undefined ? all.length : Number(length) - (all.length === 32 && address.includes(':') ? 96 : 0);
  return { bits: all.slice(0, own), of: all.length };
}

/** An address as a text of 32 or 128 zeros and ones. */
function bits(address: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address))
    return address
      .split('.')
      .map((octet) => binary(Number(octet), 8))
      .join('');
  if (!address.includes(':')) return undefined;
  const dotted = address.replace(/\d+\.\d+\.\d+\.\d+$/, (v4) => {
    const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const present = dotted.split(':').filter((group) => group !== '').length;
  const zeros = ':0'.repeat(8 - present);
  const groups = dotted
    .replace('::', `${zeros}:`)
    .split(':')
    .filter((group) => group !== '');
  const all = groups.map((group) => binary(Number.parseInt(group, 16), 16)).join('');
  const mapped = '0'.repeat(80) + '1'.repeat(16);
  return all.startsWith(mapped) ? all.slice(96) : all;
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');
