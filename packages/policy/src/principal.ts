/** `Principal`: whom a role trusts (reference ram-sts 2.1, 2.6), and whom a bucket policy is about. */
import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
import { readTexts } from './read-json.js';
import type { Json } from './strict-json.js';
import { compileWildcard, isLiteral } from './wildcard.js';

/** Who asks, as statements look at it. */
export interface Caller {
  /** Every name it is known by. */
  readonly names: readonly string[];
  /** Whether it is the account that the resource belongs to. */
  readonly isOwner: boolean;
}

export interface Principals {
  /** For explanations. */
  readonly texts: readonly string[];
  include(caller: Caller): boolean;
}

// The three shapes exclude one another, so one set of names serves all: a user can never pass for a service.
const SHAPES: ReadonlyMap<string, RegExp> = new Map([
  ['RAM', /^acs:ram:\*?:\d{1,32}:(?:root|user\/[^/*?\s]+|role\/[^*?\s]+)$/],
  ['Service', /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/],
  ['Federated', /^acs:ram:\*?:\d{1,32}:(?:saml|oidc)-provider\/[^*?\s]+$/],
]);

/** No wildcards: a trust policy that trusts everybody is a mistake, and RAM documents no such form. */
export function readTrusted(json: Json, pointer: string): Principals {
  if (!(json instanceof Map) || json.size === 0) {
    throw new PolicyGrammarError(pointer, 'Principal must be an object with RAM, Service or Federated');
  }
  const principals = new Set<string>();
  for (const [kind, list] of json as ReadonlyMap<string, Json>) {
    const here = pointTo(pointer, kind);
    const shape = SHAPES.get(kind);
    if (shape === undefined) throw new PolicyGrammarError(here, 'Principal knows only RAM, Service and Federated');
    for (const { text, pointer: place } of readTexts(list, here)) {
      if (!shape.test(text)) throw new PolicyGrammarError(place, `"${text}" is not a principal of kind ${kind}`);
      principals.add(canonicalPrincipal(text));
    }
  }
  return { texts: [...principals], include: ({ names }) => names.some((name) => principals.has(name)) };
}

/** Everybody, signed or not. */
export const EVERYBODY = '*';
const ID = /^\d{1,32}$/;
/** Names of roles and sessions have neither slashes nor colons, so a wildcard cannot reach beyond its own place. */
const SESSION = /^arn:sts::(?:\d{1,32}|\*):(?:assumed-role|\*)\/[A-Za-z0-9.*-]{1,64}\/[A-Za-z0-9.@_*-]{1,64}$/;

/**
 * `Principal` of a bucket policy: ids of accounts and users, sessions of roles with wildcards, or everybody.
 * @param conditioned whether the statement has conditions: without, `*` is not about the owner of the bucket, as OSS has it
 */
export function readAddressed(json: Json, pointer: string, conditioned: boolean): Principals {
  if (json instanceof Map) {
    throw new PolicyGrammarError(pointer, 'Principal of a bucket policy is a list of ids, not an object');
  }
  const names = new Set<string>();
  const sessions: { matches(text: string): boolean }[] = [];
  for (const { text, pointer: place } of readTexts(json, pointer)) {
    if (text !== EVERYBODY && !ID.test(text) && !SESSION.test(text)) {
      throw new PolicyGrammarError(
        place,
        `"${text}" is not a principal; write "*", the id of an account or user, or "arn:sts::account:assumed-role/role/session"`,
      );
    }
    names.add(text);
    if (text !== EVERYBODY && !isLiteral(text)) sessions.push(compileWildcard(text));
  }
  const everybody = names.delete(EVERYBODY);
  return {
    texts: everybody ? [EVERYBODY, ...names] : [...names],
    include: (caller) =>
      (everybody && (conditioned || !caller.isOwner)) ||
      caller.names.some((name) => names.has(name) || sessions.some((session) => session.matches(name))),
  };
}

/** The region slot of RAM names is written empty or as `*`; service names are host names. */
export function canonicalPrincipal(text: string): string {
  if (text.startsWith('arn:')) return text;
  return text.startsWith('acs:') ? text.replace(/^acs:ram:\*:/, 'acs:ram::') : text.toLowerCase();
}
