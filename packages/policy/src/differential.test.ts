/** Two readings of one language: the compiled one against the naive one, on at least 100 000 random questions. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { authorise, authoriseAssumeRole } from './authorise.js';
import { CONDITION_OPERATORS } from './condition-operators.js';
import { evaluate } from './evaluate.js';
import { parsePolicy } from './parse-policy.js';
import type { NamedPolicy, PolicyKind } from './policy.js';
import {
  bucketRequest,
  bucketStatement,
  identityStatement,
  OPERATORS_USED,
  policies,
  request,
  trustStatement,
} from './testing/arbitrary-policies.js';
import { type NaiveRequest, naiveDecide, naiveEvaluate, type RawPolicy } from './testing/naive-evaluator.js';

/** The same one each time, but in the long tests. */
const seed = Number(
  process.env.SLUICE_SEED ?? (process.env.SLUICE_TEST_LONG ? Math.floor(Math.random() * 2 ** 31) : 1),
);
/** Questions that are put to one set of policies: making policies is what takes the time. */
const QUESTIONS = 8;
const TYPES = { identity: 'Custom', trust: 'Trust', resource: 'Resource' } as const;

const compiled = (raw: readonly RawPolicy[], kind: PolicyKind = 'identity'): NamedPolicy[] =>
  raw.map((document, i) => ({
    name: `p${i}`,
    type: TYPES[kind],
    policy: parsePolicy(JSON.stringify(document), kind),
  }));

const counts = { Allow: 0, ExplicitDeny: 0, ImplicitDeny: 0, held: 0, failed: 0, pairs: 0 };
afterAll(() => {
  const { pairs, ...rest } = counts;
  console.log(`differential: ${pairs} pairs with SLUICE_SEED=${seed}: ${JSON.stringify(rest)}`);
});

describe('the compiled evaluation and the naive one', { timeout: 120_000 }, () => {
  test.each([
    ['identity', identityStatement, request, 11_000],
    ['trust', trustStatement, request, 2_500],
    ['resource', bucketStatement, bucketRequest, 4_000],
  ] as const)('agree about every request and policies of kind %s', (kind, statement, question, numRuns) => {
    const asked = fc.array<NaiveRequest>(question, { minLength: QUESTIONS, maxLength: QUESTIONS });
    fc.assert(
      fc.property(policies(statement), asked, (raw, requests) => {
        const set = compiled(raw, kind);
        for (const one of requests) {
          const naive = naiveEvaluate(raw, one);
          const { outcome, decidedBy } = evaluate(set, one);
          if (outcome !== naive.outcome) expect({ one, raw, outcome }).toEqual({ one, raw, outcome: naive.outcome });
          if (decidedBy !== undefined) {
            // What it names as the reason is one by itself.
            const statementAlone = raw[Number(decidedBy.policy.slice(1))]?.Statement[decidedBy.statement];
            const alone = statementAlone && naiveEvaluate([{ Version: '1', Statement: [statementAlone] }], one).outcome;
            if (alone !== outcome) expect({ one, raw, decidedBy, alone }).toMatchObject({ alone: outcome });
          }
          counts[outcome] += 1;
          counts.held += naive.held;
          counts.failed += naive.failed;
          counts.pairs += 1;
        }
      }),
      { seed, numRuns },
    );
  });

  test('were asked enough, and none of the answers was rare', () => {
    const { pairs } = counts;
    expect(pairs).toBeGreaterThanOrEqual(100_000);
    for (const outcome of ['Allow', 'ExplicitDeny', 'ImplicitDeny'] as const) {
      expect(counts[outcome] / pairs, outcome).toBeGreaterThan(0.1);
    }
    // Conditions decided often, and both ways.
    expect(counts.held / pairs).toBeGreaterThan(0.1);
    expect(counts.failed / pairs).toBeGreaterThan(0.1);
    expect([...CONDITION_OPERATORS.keys()].filter((operator) => !OPERATORS_USED.has(operator))).toEqual([]);
  });

  test('agree about a decision with a session policy and a trust policy, and its explanation', () => {
    const seen = new Set<string>();
    const one = (kind: typeof identityStatement) => fc.array(kind, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        policies(identityStatement),
        fc.option(one(identityStatement)),
        fc.option(one(trustStatement)),
        request,
        (identity, session, trust, question) => {
          const document = (Statement: RawPolicy['Statement']): RawPolicy[] => [{ Version: '1', Statement }];
          const outcomes = [
            ...(session ? [naiveEvaluate(document(session), question).outcome] : []),
            naiveEvaluate(identity, question).outcome,
            ...(trust ? [naiveEvaluate(document(trust), question).outcome] : []),
          ];
          const sets = {
            identity: compiled(identity),
            ...(session ? { session: compiled(document(session))[0] as NamedPolicy } : {}),
          };
          const decision = trust
            ? authoriseAssumeRole({ ...sets, trust: compiled(document(trust), 'trust')[0] as NamedPolicy }, question)
            : authorise(sets, question);
          expect(decision.allowed).toBe(outcomes.every((outcome) => outcome === 'Allow'));
          const { explain, verdicts: _, ...answer } = decision;
          const explained = explain?.();
          expect(explained).toMatchObject(answer);
          expect(explained?.sets.map(({ outcome }) => outcome)).toEqual(outcomes);
          for (const set of explained?.sets ?? []) {
            expect(set.decidedBy.length > 0).toBe(set.outcome !== 'ImplicitDeny');
            expect(set.missing !== undefined).toBe(set.outcome === 'ImplicitDeny');
            if (set.missing) seen.add(set.missing);
          }
        },
      ),
      { seed, numRuns: 3_000 },
    );
    expect([...seen].sort()).toEqual(['action', 'condition', 'policy', 'principal', 'resource']);
  });

  test('agree about a decision with a bucket policy, for callers of its account and of others, and its explanation', () => {
    const seen = { Allow: 0, Deny: 0, byBucketAlone: 0, byBucketDenied: 0, bySession: 0 };
    const several = (kind: typeof identityStatement) => fc.array(kind, { minLength: 1, maxLength: 4 });
    const document = (Statement: RawPolicy['Statement']): RawPolicy[] => [{ Version: '1', Statement }];
    fc.assert(
      fc.property(
        policies(identityStatement),
        fc.option(several(identityStatement), { freq: 3, nil: undefined }),
        several(bucketStatement),
        fc.boolean(),
        bucketRequest,
        (identity, cut, bucket, foreign, question) => {
          const session = cut && document(cut);
          const resource = document(bucket);
          const expected = naiveDecide({ session, identity, resource, foreign }, question);
          const [policy] = compiled(resource, 'resource') as [NamedPolicy];
          const sets = { identity: compiled(identity), session: session && compiled(session)[0] };
          const decision = authorise({ ...sets, resource: { policy, foreign } }, question);
          expect({ question, bucket, allowed: decision.allowed }).toEqual({
            question,
            bucket,
            allowed: expected === 'Allow',
          });
          const { explain, verdicts, ...answer } = decision;
          expect(explain?.()).toMatchObject(answer);
          expect(explain?.().sets.find(({ set }) => set === 'resource')?.outcome).toBe(verdicts.resource?.outcome);
          seen[expected] += 1;
          if (decision.allowed && verdicts.identity?.outcome !== 'Allow') seen.byBucketAlone += 1;
          if (decision.policyType === 'ResourceBasedPolicy' && verdicts.identity?.outcome === 'Allow') {
            seen.byBucketDenied += 1;
          }
          if (decision.policyType === 'SessionPolicy' && verdicts.resource?.outcome === 'Allow') seen.bySession += 1;
        },
      ),
      { seed, numRuns: 4_000 },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(20);
  });
});
