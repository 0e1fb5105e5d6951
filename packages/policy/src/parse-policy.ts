import { indexByAction } from './action-index.js';
import { readStatement } from './parse-statement.js';
import type { Policy, PolicyKind } from './policy.js';
import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
import { type Json, parseStrictJson } from './strict-json.js';

/**
 * Characters that RAM and STS take at most, as the document was sent (reference ram-sts 1.3, 2.2); for `resource` bytes, as
 * OSS has it.
 */
export const POLICY_LENGTH = { session: 2048, managed: 6144, trust: 6144, resource: 16_384 } as const;

/** Whatever is attached to what: nothing longer is worth the memory. */
const LONGEST = 65_536;

/**
 * Reads and compiles a policy document (reference ram-sts 3.1).
 *
 * The work is linear in the length of the text. A document of more than 65 536 characters is not read at all; the smaller
 * limits of {@link POLICY_LENGTH} are the caller's, since each has an error code of its own.
 *
 * @param kind what the document is attached to; default `identity`, which is also right for session policies
 * @throws PolicyGrammarError with a JSON pointer to what is wrong
 */
export function parsePolicy(text: string, kind: PolicyKind = 'identity'): Policy {
  if (text.length > LONGEST) {
    throw new PolicyGrammarError('', `the document has ${text.length} characters; more than ${LONGEST} are not read`);
  }
  const document = parseStrictJson(text);
  if (!(document instanceof Map)) throw new PolicyGrammarError('', 'a policy must be a JSON object');
  const members = document as ReadonlyMap<string, Json>;
  for (const name of members.keys()) {
    if (name !== 'Version' && name !== 'Statement') {
      throw new PolicyGrammarError(pointTo('', name), 'unknown member; a policy has Version and Statement');
    }
  }
  if (members.get('Version') !== '1') throw new PolicyGrammarError('/Version', 'Version must be the text "1"');
  const statements = members.get('Statement');
  if (!Array.isArray(statements) || statements.length === 0) {
    throw new PolicyGrammarError('/Statement', 'Statement must be a list of at least one statement');
  }
  if (kind === 'resource') refuseRuns(document, '');
  const read = (statements as readonly Json[]).map((json, i) => readStatement(json, i, kind));
  return {
    version: '1',
    statements: read,
    denies: indexByAction(read.filter(({ effect }) => effect === 'Deny')),
    allows: indexByAction(read.filter(({ effect }) => effect === 'Allow')),
  };
}

/** OSS refuses runs of wildcards (its detailed code 0030-00000007); `**` is never meant. */
function refuseRuns(json: Json, pointer: string): void {
  if (typeof json === 'string' && json.includes('**')) {
    throw new PolicyGrammarError(pointer, 'several "*" in a row mean what one does; write one');
  }
  if (Array.isArray(json))
    for (const [i, item] of (json as readonly Json[]).entries()) refuseRuns(item, pointTo(pointer, i));
  if (json instanceof Map)
    for (const [name, item] of json as ReadonlyMap<string, Json>) refuseRuns(item, pointTo(pointer, name));
}
