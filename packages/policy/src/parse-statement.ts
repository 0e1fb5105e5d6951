import { readConditions } from './parse-condition.js';
import type { PolicyKind, Selection, Statement } from './policy.js';
import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
import { readAddressed, readTrusted } from './principal.js';
import { readTexts } from './read-json.js';
import { compileResource, type ResourcePattern } from './resource-pattern.js';
import type { Json } from './strict-json.js';
import { compileWildcard, type Wildcard } from './wildcard.js';

type Members = ReadonlyMap<string, Json>;

const COMMON = ['Sid', 'Effect', 'Action', 'Condition'];
const ALLOWED: Readonly<Record<PolicyKind, ReadonlySet<string>>> = {
  identity: new Set([...COMMON, 'NotAction', 'Resource', 'NotResource']),
  trust: new Set([...COMMON, 'NotAction', 'Principal']),
  // OSS documents no negated lists here, and everything but a list, for others, is never what was meant.
  resource: new Set([...COMMON, 'Resource', 'Principal']),
};

/** `Sid` is accepted and ignored; every other unknown member is refused (reference ram-sts 3.1). */
export function readStatement(json: Json, index: number, kind: PolicyKind): Statement {
  const pointer = pointTo('/Statement', index);
  if (!(json instanceof Map)) throw new PolicyGrammarError(pointer, 'a statement must be an object');
  const members = json as Members;
  for (const name of members.keys()) {
    if (!ALLOWED[kind].has(name)) {
      throw new PolicyGrammarError(pointTo(pointer, name), `unknown member in a statement of a policy of kind ${kind}`);
    }
  }
  const effect = members.get('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new PolicyGrammarError(pointTo(pointer, 'Effect'), 'Effect must be "Allow" or "Deny"');
  }
  const condition = members.get('Condition');
  const common = {
    index,
    effect,
    action: readSelection(members, pointer, 'Action', kind === 'resource' ? compileOssAction : compileAction),
    conditions: condition === undefined ? [] : readConditions(condition, pointTo(pointer, 'Condition')),
  } as const;
  if (kind === 'identity') return { ...common, resource: readSelection(members, pointer, 'Resource', checkResource) };
  const principals = members.get('Principal');
  if (principals === undefined)
    throw new PolicyGrammarError(pointer, `a statement of a ${kind} policy needs Principal`);
  const place = pointTo(pointer, 'Principal');
  if (kind === 'trust') return { ...common, principals: readTrusted(principals, place) };
  return {
    ...common,
    resource: readSelection(members, pointer, 'Resource', checkResource),
    principals: readAddressed(principals, place, common.conditions.length > 0),
  };
}

/** Exactly one of `name` and `Not<name>`. */
function readSelection<T>(
  members: Members,
  pointer: string,
  name: 'Action' | 'Resource',
  compile: (text: string, pointer: string) => T,
): Selection<T> {
  const plain = members.get(name);
  const not = members.get(`Not${name}`);
  if (plain !== undefined && not !== undefined) {
    throw new PolicyGrammarError(pointTo(pointer, `Not${name}`), `a statement has ${name} or Not${name}, never both`);
  }
  const list = plain ?? not;
  if (list === undefined) throw new PolicyGrammarError(pointer, `a statement needs ${name} or Not${name}`);
  const member = plain === undefined ? (`Not${name}` as const) : name;
  const here = pointTo(pointer, member);
  const patterns = readTexts(list, here).map(({ text, pointer: place }) => compile(text, place));
  return { member, negated: plain === undefined, listed: Array.isArray(list), patterns };
}

// A pattern that can match nothing is refused: under NotAction and NotResource it would silently mean "everything".

function compileAction(text: string, pointer: string): Wildcard {
  if (text !== '*' && !/^[^:\s]+:[^:\s]+$/.test(text)) {
    throw new PolicyGrammarError(pointer, `"${text}" is not an action; write "*" or "service:Action"`);
  }
  return { ...compileWildcard(text.toLowerCase()), text };
}

/** A bucket is asked about by OSS alone: anything else would never apply. */
function compileOssAction(text: string, pointer: string): Wildcard {
  const action = compileAction(text, pointer);
  if (text === '*' || /^oss:/i.test(text)) return action;
  throw new PolicyGrammarError(pointer, `"${text}" is not an action of a bucket policy; write "*" or "oss:Action"`);
}

function checkResource(text: string, pointer: string): ResourcePattern {
  if (text.startsWith('*') || text.startsWith('acs:')) return compileResource(text);
  throw new PolicyGrammarError(pointer, `"${text}" is not a resource; write "*" or "acs:service:region:account:id"`);
}
