/**
 * `EncodedDiagnosticMessage` of an `AccessDeniedDetail` (reference ram-sts 4.6): why a call was refused, sealed so that
 * who was refused can pass it on but not read it. `DecodeDiagnosticMessage` opens it for those of the account that may.
 */
import type { ExplainedSet, Explanation } from '@sluice/policy';
import { type KeyRing, openSecret, sealSecret } from '../keys/key-ring.js';
import type { Random } from '../runtime.js';

/** Who was refused, as `AccessDeniedDetail` names callers. */
export interface DiagnosticPrincipal {
  readonly type: string;
  readonly ownerId: string;
  readonly displayName: string;
}

export interface Diagnostic {
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly principal: DiagnosticPrincipal;
  /** Condition keys that the request had. */
  readonly context: Readonly<Record<string, string>>;
  readonly explanation: Explanation;
}

/** Characters of a message: clients send it back in a URL. */
export const MAX_DIAGNOSTIC_MESSAGE = 8192;
/** Bytes of JSON that still fit, with their nonce and tag, in base64. */
const MAX_JSON = 5632;
/** The length tells what a message says only to so many bytes. */
const BLOCK = 512;

/** What is sealed; the version, because a message may be read by a later release. */
interface Sealed {
  readonly v: number;
  readonly diagnostic: Diagnostic;
}
const VERSION = 1;

/** @param accountId of those who may read it: the account of the caller */
export function sealDiagnostic(ring: KeyRing, random: Random, accountId: string, diagnostic: Diagnostic): string {
  const json = fitted(diagnostic);
  const padded = json + ' '.repeat((BLOCK - (Buffer.byteLength(json) % BLOCK)) % BLOCK);
  return sealSecret(ring, random, contextOf(accountId), padded);
}

/** `undefined` when it was changed, is another account's, or was sealed under a key that is gone. */
export function openDiagnostic(ring: KeyRing, accountId: string, message: string): Diagnostic | undefined {
  if (message.length > MAX_DIAGNOSTIC_MESSAGE) return undefined;
  const json = openSecret(ring, contextOf(accountId), message);
  if (json === undefined) return undefined;
  const { v, diagnostic } = JSON.parse(json) as Sealed;
  return v === VERSION ? diagnostic : undefined;
}

const contextOf = (accountId: string): string => `diagnostic-message/${accountId}`;

/** Names are at most a kilobyte each, so what is left in the end always fits; until then as much as there is room for. */
function fitted(diagnostic: Diagnostic): string {
  const { explanation } = diagnostic;
  const shorter = [
    explanation,
    ...[2, 1, 0].map((most) => ({ ...explanation, sets: explanation.sets.map(cut(most)) })),
  ];
  for (const one of shorter) {
    const json = encode({ ...diagnostic, explanation: one });
    if (Buffer.byteLength(json) <= MAX_JSON) return json;
  }
  const { sets: _, ...bare } = explanation;
  const brief = { ...bare, sets: [], resource: clip(bare.resource), sentence: clip(bare.sentence) };
  return encode({ ...diagnostic, context: {}, explanation: brief });
}

const encode = (diagnostic: Diagnostic): string => JSON.stringify({ v: VERSION, diagnostic } satisfies Sealed);

const LONGEST_TEXT = 500;
const clip = (text: string): string => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);

const cut =
  (most: number) =>
  (set: ExplainedSet): ExplainedSet => {
    const [decidedBy, nearest] = [set.decidedBy.slice(0, most), set.nearest.slice(0, most)];
    const left = set.decidedBy.length + set.nearest.length - decidedBy.length - nearest.length;
    const omitted = (set.omitted ?? 0) + left;
    return { ...set, decidedBy, nearest, ...(omitted > 0 ? { omitted } : {}) };
  };
