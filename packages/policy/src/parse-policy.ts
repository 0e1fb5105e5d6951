import { readStatement } from './parse-statement.js';
import type { Policy, PolicyKind } from './policy.js';
import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
import { type Json, parseStrictJson } from './strict-json.js';

/**
 * Reads and compiles a policy document (reference ram-sts 3.1).
 *
 * The work is linear in the length of the text; the limits on that length (2048 characters for a session policy, 6144
 * for a managed one) are the caller's, since each has an error code of its own.
 *
 * @param kind what the document is attached to; default `identity`, which is also right for session policies
 * @throws PolicyGrammarError with a JSON pointer to what is wrong
 */
export function parsePolicy(text: string, kind: PolicyKind = 'identity'): Policy {
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
  return {
    version: '1',
    statements: (statements as readonly Json[]).map((json, i) => readStatement(json, pointTo('/Statement', i), kind)),
  };
}
