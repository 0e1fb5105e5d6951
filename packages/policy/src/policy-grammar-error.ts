/**
 * A policy document that does not follow the grammar (reference ram-sts 3.1). STS answers it with
 * `InvalidParameter.PolicyGrammar`, RAM with `MalformedPolicyDocument`.
 */
export class PolicyGrammarError extends Error {
  override readonly name = 'PolicyGrammarError';

  /**
   * @param pointer JSON pointer (RFC 6901) to the offending value; empty for the document as a whole
   * @param reason one sentence for the author of the policy
   */
  constructor(
    readonly pointer: string,
    readonly reason: string,
  ) {
    super(pointer === '' ? reason : `${pointer}: ${reason}`);
  }
}

/** Appends one reference token to a JSON pointer, escaped as RFC 6901 section 3 asks. */
export function pointTo(parent: string, token: string | number): string {
  return `${parent}/${String(token).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}
