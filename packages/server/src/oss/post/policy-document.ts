import { base64Decode, parseIso, utf8Decode } from '@sluice/wire';
import { OssError } from '../oss-error.js';

/** What a form may hold, as its signer allowed it. Reference: oss 1.9. */
export interface PolicyDocument {
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  readonly conditions: readonly PolicyCondition[];
  /** Bytes of the file, both included. */
  readonly length: { readonly min: number; readonly max: number };
}

interface PolicyCondition {
  /** Lower case, without its dollar. */
  readonly field: string;
  readonly holds: (value: string) => boolean;
  /** As written: shown when it fails. */
  readonly text: string;
}

/** @param field base64 of UTF-8 JSON @throws {OssError} `InvalidPolicyDocument` */
export function parsePolicyDocument(field: string): PolicyDocument {
  const document = asObject(parseJson(field));
  if (!document) throw invalid('it is not the base64 of a JSON object');
  const { expiration, conditions } = document;
  const expiresAt = typeof expiration === 'string' ? parseIso(expiration) : undefined;
  if (expiresAt === undefined) throw invalid('expiration must be a time like 2030-01-01T12:00:00.000Z');
  if (!Array.isArray(conditions)) throw invalid('conditions must be a list');
  const lengths: [number, number][] = [];
  const others: PolicyCondition[] = [];
  for (const condition of conditions as readonly unknown[]) {
    const range = readLengthRange(condition);
    if (range) lengths.push(range);
    else others.push(...readCondition(condition));
  }
  return {
    expiresAt,
    conditions: others,
    length: {
      min: Math.max(0, ...lengths.map(([min]) => min)),
      max: Math.min(Number.MAX_SAFE_INTEGER, ...lengths.map(([, max]) => max)),
    },
  };
}

/**
 * Asks every condition that is about a field; how long the file may be is for its reader.
 * @param valueIn the form, of the field of that name; a field that is not there is empty
 * @throws {OssError} `AccessDenied`
 */
export function checkPolicy(policy: PolicyDocument, valueIn: (field: string) => string, now: number): void {
  if (now >= policy.expiresAt) throw denied('Policy expired.');
  for (const { field, holds, text } of policy.conditions) {
    if (!holds(valueIn(field))) throw denied(`Policy Condition failed: ${text}`);
  }
}

const denied = (why: string): OssError =>
  new OssError('AccessDenied', { message: `Invalid according to Policy: ${why}` });

const invalid = (why: string): OssError =>
  new OssError('InvalidPolicyDocument', { message: `Invalid Policy: ${why}.` });

/** JSON, and `\$` for a dollar (reference oss 1.9). A backslash stands in texts only, so none else is touched. */
function parseJson(field: string): unknown {
  const bytes = base64Decode(field.trim());
  if (!bytes) return undefined;
  try {
    return JSON.parse(utf8Decode(bytes).replace(/\\(.)/gs, (pair, of) => (of === '$' ? '$' : pair)));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function readLengthRange(condition: unknown): [min: number, max: number] | undefined {
  if (!Array.isArray(condition)) return undefined;
  const [operator, ...bounds] = condition as readonly unknown[];
  if (typeof operator !== 'string' || operator.toLowerCase() !== 'content-length-range') return undefined;
  const [min, max, ...more] = bounds.map(readLength);
  if (min === undefined || max === undefined || more.length > 0 || min > max) {
    throw invalid('content-length-range takes two numbers, the smaller first');
  }
  return [min, max];
}

function readLength(bound: unknown): number | undefined {
  if (typeof bound !== 'string' && typeof bound !== 'number') return undefined;
  return /^\d{1,15}$/.test(String(bound)) ? Number(bound) : undefined;
}

function readCondition(condition: unknown): readonly PolicyCondition[] {
  const object = asObject(condition);
  if (object) return Object.entries(object).map(([field, value]) => equality(field, value, condition));
  if (!Array.isArray(condition) || condition.length !== 3) throw invalid('a condition is an object or a list of three');
  const [operator, name, operand] = condition as readonly unknown[];
  if (typeof operator !== 'string' || typeof name !== 'string' || !name.startsWith('$')) {
    throw invalid('a condition begins with an operator and a field like $key');
  }
  const field = name.slice(1);
  switch (operator.toLowerCase()) {
    case 'eq':
      return [equality(field, operand, condition)];
    case 'starts-with': {
      const prefix = asText(operand);
      return [made(field, condition, (value) => value.startsWith(prefix))];
    }
    case 'in': {
      const list = asTexts(operand);
      return [made(field, condition, (value) => list.includes(value))];
    }
    case 'not-in': {
      const list = asTexts(operand);
      return [made(field, condition, (value) => !list.includes(value))];
    }
    default:
      throw invalid(`the operator ${operator.slice(0, 40)} is not known`);
  }
}

function equality(field: string, value: unknown, condition: unknown): PolicyCondition {
  const text = asText(value);
  return made(field, condition, (given) => given === text);
}

const made = (field: string, condition: unknown, holds: PolicyCondition['holds']): PolicyCondition => ({
  field: field.toLowerCase(),
  holds,
  text: JSON.stringify(condition),
});

/** `{"success_action_status": 200}` is common. */
function asText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw invalid('the value of a condition must be a text');
}

function asTexts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(asText);
  throw invalid('in and not-in take a list of texts');
}
