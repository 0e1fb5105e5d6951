import { type Policy, PolicyGrammarError, type PolicyKind, parsePolicy } from '@sluice/policy';
import { ramErrors } from '../errors.js';

/** Characters of a policy document or trust document. Reference: ram-sts 2.3. */
export const MAX_DOCUMENT = 6144;

/**
 * Reads a document that is about to be kept.
 * @param name of the parameter
 * @throws RpcError `InvalidParameter.<name>.Length`, or `MalformedPolicyDocument` with the place and the reason
 */
export function checkDocument(document: string, kind: PolicyKind, name: string): Policy {
  if (document.length > MAX_DOCUMENT) throw ramErrors.length(name);
  try {
    return parsePolicy(document, kind);
  } catch (error) {
    if (!(error instanceof PolicyGrammarError)) throw error;
    throw ramErrors.malformedPolicy(`${error.pointer || '/'}: ${error.reason}`);
  }
}
