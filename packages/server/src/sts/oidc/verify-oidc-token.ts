import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { OidcTokenFacts } from '../../gate/principal.js';
import type { OidcProvider } from '../../ram/oidc-providers/oidc-provider-rows.js';
import { oidcErrors } from './oidc-errors.js';
import type { ProviderKeys } from './provider-keys.js';

/** Signatures by a private key only: a shared secret of which the public key is taken for one would prove nothing. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Of the clock that the provider reads, ahead of ours. */
const SKEW_MS = 60_000;
const MAX_SUBJECT = 255;
/** Keys that fit a token which names none. */
const MAX_TRIES = 4;
const HOUR_MS = 3600_000;

type Provider = Pick<OidcProvider, 'issuerUrl' | 'clientIds' | 'fingerprints' | 'issuanceLimitHours'>;

/**
 * Whether a provider has signed this token, for one of its registered clients, lately. What costs nothing is looked at first: a
 * token that cannot be good makes no request and no computation.
 *
 * @param now milliseconds
 * @throws RpcError `AuthenticationFail.OIDCToken.…`
 */
export async function verifyOidcToken(
  token: string,
  provider: Provider,
  keys: ProviderKeys,
  now: number,
): Promise<OidcTokenFacts> {
  const facts = readClaims(readPayload(token), provider, now);
  const found = await keys.find(provider);
  try {
    await checkSignature(token, found.getKey, provider, now);
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw refusal(error);
    // The provider may have changed its keys.
    const newer = await keys.find(provider, true);
    if (newer.fetchedAt === found.fetchedAt && newer.getKey === found.getKey) throw refusal(error);
    await checkSignature(token, newer.getKey, provider, now).catch((second: unknown) => {
      throw refusal(second);
    });
  }
  return facts;
}

function readPayload(token: string): JWTPayload {
  // Five parts are an encrypted one.
  if (token.split('.', 6).length !== 3) throw oidcErrors.invalid('it is not a signed JWT of three parts.');
  let algorithm: string | undefined;
  let payload: JWTPayload;
  try {
    algorithm = decodeProtectedHeader(token).alg;
    payload = decodeJwt(token);
  } catch {
    throw oidcErrors.invalid('its parts are not base64url of JSON objects.');
  }
  if (algorithm === undefined || !ALGORITHMS.includes(algorithm)) {
    throw oidcErrors.invalid(`it has to be signed with one of ${ALGORITHMS.join(', ')}.`);
  }
  return payload;
}

/** What the claims say, before anybody believes them. */
function readClaims({ iss, aud, sub, exp, iat, nbf }: JWTPayload, provider: Provider, now: number): OidcTokenFacts {
  if (iss !== provider.issuerUrl) throw oidcErrors.issuer();
  const audience = [aud ?? []].flat().filter((each) => typeof each === 'string');
  const clients = provider.clientIds.filter((id) => audience.includes(id));
  const [clientId] = clients;
  if (clientId === undefined) throw oidcErrors.audience();
  // `oidc:aud` has one value, and a trust policy that forbids one client must not be passed by naming another as well.
  if (clients.length > 1) throw oidcErrors.invalid('its audience names several client ids of the provider.');
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) {
    throw oidcErrors.invalid(`it needs a subject of at most ${MAX_SUBJECT} characters.`);
  }
  const [expiresAt, issuedAt] = [milliseconds(exp, 'exp'), milliseconds(iat, 'iat')];
  if (expiresAt <= now) throw oidcErrors.expired();
  const begins = nbf === undefined ? issuedAt : Math.max(issuedAt, milliseconds(nbf, 'nbf'));
  if (begins > now + SKEW_MS) throw oidcErrors.invalid('it is not valid yet.');
  if (now - issuedAt > provider.issuanceLimitHours * HOUR_MS) throw oidcErrors.tooOld(provider.issuanceLimitHours);
  return { issuer: iss, subject: sub, audience, clientId, issuedAt, expiresAt };
}

const LAST_INSTANT_S = 8_640_000_000_000;

function milliseconds(claim: unknown, name: string): number {
  if (typeof claim !== 'number' || !(claim >= 0 && claim <= LAST_INSTANT_S)) {
    throw oidcErrors.invalid(`it needs ${name}, in seconds.`);
  }
  return claim * 1000;
}

async function checkSignature(token: string, getKey: JWTVerifyGetKey, provider: Provider, now: number): Promise<void> {
  const options = {
    algorithms: ALGORITHMS,
    issuer: provider.issuerUrl,
    audience: [...provider.clientIds],
    currentDate: new Date(now),
    clockTolerance: SKEW_MS / 1000,
    requiredClaims: ['sub', 'exp', 'iat'],
  };
  try {
    await jwtVerify(token, getKey, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let tries = 0;
    for await (const key of error) {
      if (++tries > MAX_TRIES) break;
      try {
        await jwtVerify(token, key, options);
        return;
      } catch (next) {
        if (!(next instanceof errors.JWSSignatureVerificationFailed)) throw next;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return oidcErrors.expired();
  if (error instanceof errors.JWKSNoMatchingKey) return oidcErrors.invalid('the provider has no such key.');
  if (error instanceof errors.JWSSignatureVerificationFailed) return oidcErrors.invalid('its signature does not hold.');
  // A key of the provider that cannot be used, a critical header that nobody knows.
  if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) {
    return oidcErrors.invalid('it cannot be verified with the key of the provider.');
  }
  return error;
}
