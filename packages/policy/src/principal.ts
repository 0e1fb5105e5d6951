/** `Principal` of trust policies: who a role trusts. Reference ram-sts 2.1, 2.6. */
import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
import { readTexts } from './read-json.js';
import type { Json } from './strict-json.js';

// The three shapes exclude one another, so one set of names serves all: a user can never pass for a service.
const SHAPES: ReadonlyMap<string, RegExp> = new Map([
  ['RAM', /^acs:ram:\*?:\d{1,32}:(?:root|user\/[^/*?\s]+|role\/[^*?\s]+)$/],
  ['Service', /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/],
  ['Federated', /^acs:ram:\*?:\d{1,32}:(?:saml|oidc)-provider\/[^*?\s]+$/],
]);

/** No wildcards: a trust policy that trusts everybody is a mistake, and RAM documents no such form. */
export function readPrincipals(json: Json, pointer: string): ReadonlySet<string> {
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
  return principals;
}

/** The region slot of RAM names is written empty or as `*`; service names are host names. */
export function canonicalPrincipal(text: string): string {
  return text.startsWith('acs:') ? text.replace(/^acs:ram:\*:/, 'acs:ram::') : text.toLowerCase();
}
