import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { isLoopback } from '../../config.js';
import type { AddressRules } from '../../http/address-rules.js';
import { type Outgoing, OutgoingFailed } from '../../http/outgoing.js';
import type { OidcProvider } from '../../ram/oidc-providers/oidc-provider-rows.js';
import type { Clock, Log } from '../../runtime.js';
import { oidcErrors } from './oidc-errors.js';

/** Where the public keys of identity providers come from: discovery, then the key set that it names. */
export interface ProviderKeys {
  /**
   * @param again the kept keys did not have the one that is wanted: they are fetched anew, unless that was just done
   * @throws RpcError `AuthenticationFail.OIDCToken.IssuerConfigurationBroken` or `….PublicKeyFingerprintMismatch`
   */
  find(provider: IssuerOf, again?: boolean): Promise<FoundKeys>;
}

type IssuerOf = Pick<OidcProvider, 'issuerUrl' | 'fingerprints'>;

export interface FoundKeys {
  readonly getKey: JWTVerifyGetKey;
  /** Of two answers, whether they come from the same fetch. */
  readonly fetchedAt: number;
}

export interface ProviderKeysParts {
  readonly outgoing: Outgoing;
  readonly rules: AddressRules;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keys are used so long without a look. */
const FRESH_MS = 10 * 60_000;
/** And so long while the provider does not answer. */
const STALE_MS = 60 * 60_000;
/** From one fetch to the next, however many unknown keys are named or however often it fails. */
const COOL_MS = 30_000;
const MAX_PROVIDERS = 500;
const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 128 * 1024;
const MAX_KEYS = 100;
/** Characters of a base64url modulus of 8 192 bits: verifying with a longer one is work that somebody else chose. */
const MAX_MODULUS = 1_366;

interface Kept {
  readonly keys: FoundKeys | undefined;
  readonly triedAt: number;
  /** What the last try ended with, if it failed. */
  readonly failure: Error | undefined;
}

const discoveryShape = z.object({ issuer: z.string(), jwks_uri: z.url() });
const keySetShape = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(MAX_KEYS) });

/** Keys are kept by issuer and fingerprints, so that new fingerprints are asked for at once. */
export function providerKeys({ outgoing, rules, clock, log }: ProviderKeysParts): ProviderKeys {
  const kept = new LRUCache<string, Kept>({ max: MAX_PROVIDERS });
  const underWay = new Map<string, Promise<Kept>>();

  async function get(address: string, fingerprints: readonly string[]): Promise<unknown> {
    const url = new URL(address);
    if (url.protocol !== 'https:' && !isLoopback(url.hostname)) throw new Error('it is not an https: address');
    const { status, body } = await outgoing({
      url,
      method: 'GET',
      headers: { accept: 'application/json' },
      body: '',
      timeoutMs: TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      rules,
      fingerprints,
    });
    if (status !== 200) throw new Error(`it answered ${status}`);
    return JSON.parse(body.toString('utf8'));
  }

  async function fetchKeys({ issuerUrl, fingerprints }: IssuerOf): Promise<FoundKeys> {
    const document = await get(`${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`, fingerprints);
    const { issuer, jwks_uri } = discoveryShape.parse(document);
    // OpenID Connect Discovery 1.0, 4.3: or one provider could speak for another.
    if (issuer !== issuerUrl) throw new Error('its discovery document names another issuer');
    const { keys } = keySetShape.parse(await get(jwks_uri, fingerprints));
    const usable = (keys as JWK[]).filter((key) => key.kty !== 'oct' && (key.n?.length ?? 0) <= MAX_MODULUS);
    const set: JSONWebKeySet = { keys: usable };
    return { getKey: createLocalJWKSet(set), fetchedAt: clock.now() };
  }

  function fetchOnce(name: string, provider: IssuerOf): Promise<Kept> {
    const running = underWay.get(name);
    if (running) return running;
    const triedAt = clock.now();
    const before = kept.get(name)?.keys;
    const fetching = fetchKeys(provider)
      .then(
        (keys): Kept => ({ keys, triedAt, failure: undefined }),
        (error: Error): Kept => {
          log.warn(
            { issuer: provider.issuerUrl, error: error.message },
            'the keys of an OIDC provider cannot be fetched',
          );
          return { keys: before, triedAt, failure: error };
        },
      )
      .then((result) => {
        kept.set(name, result);
        underWay.delete(name);
        return result;
      });
    underWay.set(name, fetching);
    return fetching;
  }

  return {
    async find(provider, again = false) {
      const name = JSON.stringify([provider.issuerUrl, [...provider.fingerprints].sort()]);
      const now = clock.now();
      const within = (since: number, ms: number) => Math.abs(now - since) < ms;
      let entry = kept.get(name);
      const wanted = !entry?.keys || again || !within(entry.keys.fetchedAt, FRESH_MS);
      if (wanted && !(entry && within(entry.triedAt, COOL_MS))) entry = await fetchOnce(name, provider);
      if (entry?.keys && within(entry.keys.fetchedAt, STALE_MS)) return entry.keys;
      const { failure } = entry ?? {};
      if (failure instanceof OutgoingFailed && failure.reason === 'fingerprint') {
        throw oidcErrors.fingerprintMismatch(provider.issuerUrl);
      }
      throw oidcErrors.issuerBroken(provider.issuerUrl);
    },
  };
}
