import type { ActionIndex, Statement } from './policy.js';
import { isLiteral } from './wildcard.js';

export function indexByAction(statements: readonly Statement[]): ActionIndex {
  const named = new Map<string, Statement[]>();
  const others: Statement[] = [];
  for (const statement of statements) {
    const { negated, patterns } = statement.action;
    if (negated || !patterns.every(({ text }) => isLiteral(text))) {
      others.push(statement);
      continue;
    }
    for (const action of new Set(patterns.map(({ text }) => text.toLowerCase()))) {
      const list = named.get(action);
      if (list) list.push(statement);
      else named.set(action, [statement]);
    }
  }
  return { named, others };
}

const NONE: readonly Statement[] = [];

/**
 * The first statement of the index that is about an action and that passes `applies`.
 * @param action in lower case
 */
export function findStatement(
  index: ActionIndex,
  action: string,
  applies: (statement: Statement) => boolean,
): Statement | undefined {
  const named = index.named.get(action) ?? NONE;
  const { others } = index;
  let i = 0;
  let j = 0;
  // Both lists are in the order of the document, and so is what they give together.
  for (;;) {
    const a = named[i];
    const b = others[j];
    if (a !== undefined && (b === undefined || a.index < b.index)) {
      i += 1;
      if (applies(a)) return a;
    } else if (b !== undefined) {
      j += 1;
      if (selectsAction(b, action) && applies(b)) return b;
    } else return undefined;
  }
}

/** @param action in lower case */
export function selectsAction({ action: { patterns, negated } }: Statement, action: string): boolean {
  for (const pattern of patterns) if (pattern.matches(action)) return !negated;
  return negated;
}
