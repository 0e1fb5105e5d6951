import type {
  DecidingStatement,
  Decision,
  ExplainedSet,
  Mismatch,
  PolicySet,
  PolicyType,
  Verdict,
} from '@sluice/policy';
import { explainTo, isForeignTrust } from '../gate/denied-detail.js';
import type { Principal } from '../gate/principal.js';
import type { AccessDemand } from '../rpc/operation.js';

/** A question that policies were asked for a call, and their answer. */
export interface Decided {
  readonly principal: Principal;
  readonly demand: Pick<AccessDemand, 'action' | 'resource' | 'trust' | 'selfService'>;
  readonly decision: Decision;
  /** Policies said nothing, and everybody may do this by the ACL. */
  readonly byAcl?: boolean;
}

/** Questions that one record tells of; a call that touches many things asks about each. */
const MOST = 6;
/** Statements of one answer. */
const MOST_STATEMENTS = 3;
const LONGEST_VALUE = 96;
const LONGEST_KEY = 64;
const LONGEST_RESOURCE = 128;

/**
 * What decided about a call, for its record (docs/audit.md): names of policies and numbers of statements, never their text.
 * Put into words only when the record is written. What another account's role trusts is not told.
 */
export class Decisions {
  readonly #kept: Decided[] = [];
  #more = 0;

  add(one: Decided): void {
    if (!tells(one) || this.#kept.some((kept) => isSame(kept, one))) return;
    if (this.#kept.length < MOST) this.#kept.push(one);
    else {
      this.#more += 1;
      // A call ends with the first refusal, so that is the one to be told.
      if (!one.decision.allowed) this.#kept[MOST - 1] = one;
    }
  }

  /** A line each, the refusal first; `undefined` when no policy was asked. */
  lines(): readonly string[] | undefined {
    if (this.#kept.length === 0) return undefined;
    const refused = this.#kept.filter(({ decision, byAcl }) => !decision.allowed && byAcl !== true);
    const others = this.#kept.filter((one) => !refused.includes(one));
    const several = new Set(this.#kept.map(({ demand }) => demand.resource)).size > 1;
    const lines = [...refused, ...others].map((one) =>
      several ? `${lineOf(one)} (${cut(one.demand.resource, LONGEST_RESOURCE)})` : lineOf(one),
    );
    return this.#more === 0 ? lines : [...lines, `and ${this.#more} more`];
  }
}

/** The account itself, the holder of an upload grant and the anonymous are not judged by policies. */
const tells = ({ principal, demand, decision, byAcl }: Decided): boolean =>
  byAcl === true || decision.explain !== undefined || (demand.selfService === true && principal.kind !== 'account');

/** Each of a thousand keys that one statement allows is allowed by the same. */
function isSame(a: Decided, b: Decided): boolean {
  if (!a.decision.allowed || !b.decision.allowed || a.demand.action !== b.demand.action) return false;
  const [x, y] = [a.decision.verdicts, b.decision.verdicts];
  return (['session', 'identity', 'trust', 'resource'] as const).every((set) => isSameStatement(x[set], y[set]));
}

const isSameStatement = (a: Verdict | undefined, b: Verdict | undefined): boolean =>
  a?.decidedBy?.statement === b?.decidedBy?.statement &&
  a?.decidedBy?.policy === b?.decidedBy?.policy &&
  a?.decidedBy?.type === b?.decidedBy?.type;

function lineOf(one: Decided): string {
  const { demand, decision, byAcl } = one;
  if (byAcl === true) return `Allow ${demand.action} by acl`;
  if (!decision.allowed) return refusalLine(one);
  if (decision.explain === undefined) return `Allow ${demand.action} by self-service`;
  // The verdicts name the statement that was met first. Looking for all of them would cost every allowed call.
  const { session, identity, trust, resource } = decision.verdicts;
  const grounds = [
    ...(session?.decidedBy ? [place('session', session.decidedBy)] : []),
    ...(identity?.decidedBy ? [place('identity', identity.decidedBy)] : []),
    ...(trust?.decidedBy ? [isForeignTrust(one.principal, demand) ? 'trust' : place('trust', trust.decidedBy)] : []),
    ...(resource?.decidedBy ? [isForeignBucket(one) ? 'resource' : place('resource', resource.decidedBy)] : []),
  ];
  return `Allow ${demand.action} by ${grounds.join(', ')}`;
}

const SETS: Readonly<Record<PolicyType, PolicySet>> = {
  SessionPolicy: 'session',
  AccountLevelIdentityBasedPolicy: 'identity',
  AssumeRolePolicy: 'trust',
  ResourceBasedPolicy: 'resource',
};

/** What the policy of another account's bucket says is not the caller's to read. */
function isForeignBucket({ principal, demand }: Decided): boolean {
  return principal.kind === 'anonymous' || demand.resource.split(':')[3] !== principal.accountId;
}

function refusalLine({ principal, demand, decision }: Decided): string {
  const explanation = explainTo(principal, demand, decision);
  const blamed = SETS[decision.policyType ?? 'AccountLevelIdentityBasedPolicy'];
  const hidden = blamed === 'resource' && isForeignBucket({ principal, demand, decision });
  const set = hidden ? undefined : explanation?.sets.find((each) => each.set === blamed);
  if (decision.noPermissionType === 'ExplicitDeny') {
    const by = set?.decidedBy.map((statement) => place(blamed, statement)) ?? [];
    return `Deny ${demand.action} by ${by.length === 0 ? blamed : listed(by, set?.omitted)}`;
  }
  return `No Allow for ${demand.action} in ${blamed}${set === undefined ? '' : missing(set)}`;
}

function missing({ set, missing: what, nearest, omitted }: ExplainedSet): string {
  if (what === 'policy') return ': there is no policy';
  if (what === 'action') return ': no statement is about it';
  if (nearest.length === 0) return '';
  const misses = nearest.map((near) => `${place(set, near)} ${near.because.map(mismatch).join(', ')}`);
  return `: ${listed(misses, omitted, '; ')}`;
}

/** Halves of secrets: whether one was given is told, and not what it was. */
const HIDDEN_KEYS: ReadonlySet<string> = new Set(['sts:ExternalId']);

function mismatch({ on, operator = '', key = '', saw, incomparable }: Mismatch): string {
  if (on !== 'condition') return `names other ${on}s`;
  const [given] = saw;
  const seen =
    given === undefined
      ? 'nothing'
      : HIDDEN_KEYS.has(key)
        ? 'another value'
        : JSON.stringify(cut(given, LONGEST_VALUE));
  return `${operator} ${cut(key, LONGEST_KEY)} saw ${seen}${incomparable ? ', which does not compare' : ''}`;
}

/** Counted from 0, as in JSON pointers. */
function place(set: PolicySet, { policy, type, statement }: Pick<DecidingStatement, 'policy' | 'type' | 'statement'>) {
  return set === 'identity' ? `${type}/${policy}[${statement}]` : `${set}[${statement}]`;
}

function listed(items: readonly string[], omitted = 0, between = ', '): string {
  const left = Math.max(0, items.length - MOST_STATEMENTS) + omitted;
  return `${items.slice(0, MOST_STATEMENTS).join(between)}${left === 0 ? '' : `, and ${left} more`}`;
}

const cut = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max - 1)}…` : text);
