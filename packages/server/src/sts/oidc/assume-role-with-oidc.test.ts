import { createHmac } from 'node:crypto';
import { formatIso } from '@sluice/wire';
import { base64url, CompactEncrypt, type JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllowedDestination } from '../../http/address-rules.js';
import { insertOidcProvider, type OidcProvider } from '../../ram/oidc-providers/oidc-provider-rows.js';
import { allow, type ControlRoom, controlRoom, policyOf } from '../../testing/control-room.js';
import { MINUTE } from '../../testing/fixed-parts.js';
import { type Certificates, certificates, type OidcIssuer, oidcIssuer } from '../../testing/oidc-issuer.js';
import { rawRequest } from '../../testing/signed-call.js';

const HOUR = 60 * MINUTE;
const local = parseAllowedDestination('localhost');
if (!local) throw new Error('localhost is a destination');

let tls: Certificates;
let idp: OidcIssuer;
let room: ControlRoom;
let roleArn: string;
beforeAll(async () => {
  tls = await certificates();
  idp = await oidcIssuer(tls);
  room = await controlRoom({ oidcProviderAllow: [local] });
});
afterAll(async () => {
  await room.close();
  await idp.close();
});

let count = 0;
let name: string;
async function provider(given: Partial<OidcProvider> = {}): Promise<string> {
  name = `idp-${++count}`;
  const now = room.clock.now();
  await insertOidcProvider(room.db, {
    accountId: room.accountId,
    name,
    issuerUrl: idp.issuer,
    description: '',
    clientIds: ['uploader', 'other'],
    fingerprints: [tls.authorityFingerprint],
    issuanceLimitHours: 12,
    createdAt: now,
    updatedAt: now,
    ...given,
  });
  return `acs:ram::${room.accountId}:oidc-provider/${name}`;
}
const trust = (arn: string, Condition?: object) =>
  policyOf({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Federated: [arn] },
    ...(Condition ? { Condition } : {}),
  });
const role = async (arn: string, Condition?: object) =>
  (await room.role(`web-${++count}`, trust(arn, Condition), [allow('vod:*')], 43_200)).arn;

const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: idp.issuer,
  aud: 'uploader',
  sub: 'alice',
  iat: room.clock.now() / 1000,
  exp: room.clock.now() / 1000 + 600,
  ...more,
});

interface Sent {
  readonly [parameter: string]: string | undefined;
}
let arn: string;
async function exchange(token: string, params: Sent = {}, sourceIp?: string) {
  const given = { OIDCProviderArn: arn, OIDCToken: token, RoleArn: roleArn, RoleSessionName: 'alice', ...params };
  const form = Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const common = Object.entries({ Action: 'AssumeRoleWithOIDC', Version: '2015-04-01', Format: 'JSON' });
  return room.send(rawRequest('POST', common, form, sourceIp === undefined ? {} : { sourceIp }));
}
const outcome = async (token: string, params: Sent = {}) => {
  const { status, body } = await exchange(token, params);
  return [status, body.Code, body.Message];
};
const good = async (token?: string) => (await exchange(token ?? (await idp.sign(claims())))).status;

beforeEach(async () => {
  // What an earlier test fetched, or could not, is forgotten.
  room.clock.advance(2 * HOUR);
  idp.answerWith(undefined);
  await idp.rotate('first', { keep: false });
  arn = await provider();
  roleArn = await role(arn);
  idp.seen.length = 0;
});

describe('AssumeRoleWithOIDC', () => {
  test('gives credentials for a token of the provider, without a signature', async () => {
    const { status, body } = await exchange(await idp.sign(claims()), { DurationSeconds: '7200' });
    const now = room.clock.now();
    expect([status, body]).toEqual([
      200,
      {
        RequestId: expect.any(String),
        AssumedRoleUser: { Arn: `${roleArn}/alice`, AssumedRoleId: expect.stringMatching(/^\d+:alice$/) },
        Credentials: {
          AccessKeyId: expect.stringMatching(/^STS\./),
          AccessKeySecret: expect.any(String),
          SecurityToken: expect.any(String),
          Expiration: formatIso(now + 2 * HOUR),
        },
        OIDCTokenInfo: {
          Subject: 'alice',
          Issuer: idp.issuer,
          ClientIds: 'uploader',
          ExpirationTime: formatIso(now + 600_000),
          IssuanceTime: formatIso(now),
          VerificationInfo: 'Success',
        },
      },
    ]);
    const { AccessKeyId = '', AccessKeySecret = '', SecurityToken } = body.Credentials ?? {};
    const keys = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
    expect((await room.call(keys, 'GetCallerIdentity')).body.Arn).toBe(`${roleArn}/alice`);
  });

  test('says the same as XML', async () => {
    const { text } = await exchange(await idp.sign(claims()), { Format: undefined });
    expect(text).toContain('"OIDCTokenInfo"');
    const form = Object.entries({
      OIDCProviderArn: arn,
      OIDCToken: await idp.sign(claims()),
      RoleArn: roleArn,
      RoleSessionName: 'alice',
    });
    const common = Object.entries({ Action: 'AssumeRoleWithOIDC', Version: '2015-04-01', Format: 'XML' });
    expect((await room.send(rawRequest('POST', common, form))).text).toMatch(
      /<AssumeRoleWithOIDCResponse>.*<OIDCTokenInfo><Subject>alice<\/Subject>.*<\/AssumeRoleWithOIDCResponse>$/s,
    );
  });

  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])('verifies %s', async (alg) => {
    await idp.rotate(alg, { keep: false, alg });
    expect(await good()).toBe(200);
  });

  test('asks the provider once for many tokens, also when they come at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, (_, i) => idp.sign(claims({ sub: `user-${i}` }))));
    expect(await Promise.all(tokens.map(good))).toEqual(tokens.map(() => 200));
    expect(idp.seen).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  test('goes on with the next key of the provider at once', async () => {
    expect(await good()).toBe(200);
    await idp.rotate('second');
    room.clock.advance(31_000);
    expect(await good()).toBe(200);
    expect(idp.seen.filter((path) => path === '/keys')).toHaveLength(2);
  });

  test('takes a key away when the provider has, within ten minutes', async () => {
    const old = await idp.sign(claims({ exp: room.clock.now() / 1000 + 3600 }));
    expect(await good(old)).toBe(200);
    await idp.rotate('second', { keep: false });
    room.clock.advance(10 * MINUTE);
    expect(await outcome(old)).toEqual([
      401,
      'AuthenticationFail.OIDCToken.Invalid',
      'This JsonWebToken is invalid: the provider has no such key.',
    ]);
  });

  test('tries the few keys that fit a token without a key id', async () => {
    await idp.rotate(undefined, { keep: false });
    const first = await idp.sign(claims());
    await idp.rotate(undefined);
    expect([await good(first), await good()]).toEqual([200, 200]);
  });

  test('is not made to fetch by key ids that do not exist', async () => {
    expect(await good()).toBe(200);
    for (let i = 0; i < 20; i++) {
      const token = await idp.sign(claims(), { kid: `unknown-${i}` });
      expect((await outcome(token))[1]).toBe('AuthenticationFail.OIDCToken.Invalid');
    }
    room.clock.advance(31_000);
    for (let i = 0; i < 20; i++) await outcome(await idp.sign(claims(), { kid: `unknown-${i}` }));
    expect(idp.seen.filter((path) => path === '/keys')).toHaveLength(2);
  });

  test('lives through an hour without the provider, and no longer', async () => {
    expect(await good()).toBe(200);
    idp.answerWith(() => ({ status: 503, body: 'away' }));
    room.clock.advance(59 * MINUTE);
    expect(await good()).toBe(200);
    room.clock.advance(MINUTE);
    expect((await outcome(await idp.sign(claims())))[1]).toBe('AuthenticationFail.OIDCToken.IssuerConfigurationBroken');
    idp.answerWith(undefined);
    room.clock.advance(31_000);
    expect(await good()).toBe(200);
  });
});

describe('a token is refused', () => {
  const broken = async (token: string) => {
    const [status, code, message] = await outcome(token);
    return [status, String(code).replace('AuthenticationFail.OIDCToken.', ''), message];
  };
  const at = (seconds: number) => room.clock.now() / 1000 + seconds;

  test('after its end, or so long after it was issued as the provider allows', async () => {
    expect(await broken(await idp.sign(claims({ exp: at(0) })))).toEqual([
      401,
      'Expired',
      'This JsonWebToken is expired.',
    ]);
    const old = claims({ iat: at(-12 * 3600 - 1), exp: at(600) });
    expect(await broken(await idp.sign(old))).toEqual([
      401,
      'Expired',
      'This JsonWebToken was issued more than 12 hours ago: get a new one.',
    ]);
    expect(await good(await idp.sign({ ...old, iat: at(-12 * 3600) }))).toBe(200);
  });

  test('when it names nobody of ours', async () => {
    expect(await broken(await idp.sign(claims({ aud: 'somebody' })))).toEqual([
      401,
      'AudienceNotMatch',
      'Invalid audience.',
    ]);
    expect((await broken(await idp.sign(claims({ iss: `${idp.issuer}/` }))))[1]).toBe('IssuerNotMatch');
    expect((await broken(await idp.sign(claims({ iss: 'https://elsewhere.example' }))))[1]).toBe('IssuerNotMatch');
  });

  test.each([
    ['no subject', { sub: undefined }],
    ['an endless subject', { sub: 'x'.repeat(256) }],
    ['no end', { exp: undefined }],
    ['no beginning', { iat: undefined }],
    ['a future beginning', { iat: 4e9, exp: 5e9 }],
    ['a future not-before', { nbf: 4e9, exp: 5e9 }],
    ['an end that is no number', { exp: 'never' as unknown as number }],
    ['an infinite end', { exp: 1e300 }],
    ['two of our clients', { aud: ['uploader', 'other'] }],
  ])('with %s', async (_, change) => {
    const given = Object.fromEntries(
      Object.entries({ ...claims(), ...change }).filter(([, value]) => value !== undefined),
    );
    expect(await broken(await idp.sign(given))).toEqual([
      401,
      'Invalid',
      expect.stringMatching(/^This JsonWebToken is invalid: /),
    ]);
    expect(idp.seen).toEqual([]);
  });

  test('that nobody signed, or somebody else', async () => {
    const part = (json: object) => base64url.encode(JSON.stringify(json));
    const none = `${part({ alg: 'none' })}.${part(claims())}.`;
    const [key] = idp.keySet;
    const hs256 = `${part({ alg: 'HS256', kid: 'first' })}.${part(claims())}`;
    const confused = `${hs256}.${createHmac('sha256', JSON.stringify(key)).update(hs256).digest('base64url')}`;
    for (const token of [none, confused]) {
      expect((await broken(token))[2]).toMatch(/has to be signed with one of RS256/);
      expect(idp.seen).toEqual([]);
    }
    const stolen = await idp.sign(claims());
    const forged = [stolen.split('.')[0], part(claims({ sub: 'admin' })), stolen.split('.')[2]].join('.');
    expect((await broken(forged))[2]).toMatch(/its signature does not hold/);
    const own = await oidcIssuer(tls);
    expect((await broken(await own.sign(claims())))[2]).toMatch(/its signature does not hold/);
    await own.close();
    const embedded = await idp.sign(claims(), { jwk: own.keySet[0], kid: 'elsewhere', jku: `${own.issuer}/keys` });
    expect((await broken(embedded))[2]).toMatch(/the provider has no such key/);
  });

  test('that is encrypted, huge, or no token, without asking anybody', async () => {
    const secret = new Uint8Array(32);
    const jwe = await new CompactEncrypt(new TextEncoder().encode(await idp.sign(claims())))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' })
      .encrypt(secret);
    for (const token of [jwe, 'a.b.c', '....', 'x'.repeat(20_000), 'e30.e30.', `${'a.'.repeat(9_000)}a`])
      expect((await broken(token))[1]).toBe('Invalid');
    expect(await broken('x'.repeat(20_001))).toEqual([
      401,
      'Invalid',
      'This JsonWebToken is invalid: it has 4 to 20000 characters.',
    ]);
    expect(idp.seen).toEqual([]);
  });

  test('when the key set offers a shared secret or an endless key', async () => {
    await idp.rotate('first', { keep: false, alg: 'RS256' });
    const [key] = idp.keySet;
    idp.keySet = [
      { kty: 'oct', k: 'AAAA', kid: 'first' },
      { ...key, kty: 'RSA', n: 'A'.repeat(2_000), kid: 'first' },
    ];
    expect((await broken(await idp.sign(claims())))[2]).toMatch(/the provider has no such key/);
  });
});

describe('the trust policy decides', () => {
  const allowed = async (Condition: object, change: JWTPayload = {}) => {
    roleArn = await role(arn, Condition);
    return (await exchange(await idp.sign(claims(change)))).status;
  };

  test('by issuer, audience and subject', async () => {
    const all = { StringEquals: { 'oidc:iss': idp.issuer, 'oidc:aud': 'uploader', 'oidc:sub': 'alice' } };
    expect(await allowed(all)).toBe(200);
    expect(await allowed(all, { sub: 'bob' })).toBe(403);
    expect(await allowed(all, { aud: 'other' })).toBe(403);
    expect(await allowed({ StringEquals: { 'oidc:iss': 'https://elsewhere.example' } })).toBe(403);
    expect(await allowed({ StringLike: { 'oidc:sub': 'repo:me/*' } }, { sub: 'repo:me/site' })).toBe(200);
  });

  test('and says what is missing in a refusal', async () => {
    roleArn = await role(arn, { StringEquals: { 'oidc:sub': 'bob' } });
    const { status, body } = await exchange(await idp.sign(claims()));
    expect([status, body.Code, body.Message]).toEqual([
      403,
      'AuthenticationFail.NoPermission',
      'There is no permission',
    ]);
    expect(body.AccessDeniedDetail).toMatchObject({ AuthPrincipalType: 'Federated', PolicyType: 'AssumeRolePolicy' });
  });

  test('and one that trusts users or another provider trusts no token', async () => {
    roleArn = room.installation.uploadRoleArn;
    expect(await good()).toBe(403);
    roleArn = await role(`acs:ram::${room.accountId}:oidc-provider/another`);
    expect(await good()).toBe(403);
  });

  test('and a user cannot take the place of the provider', async () => {
    const params = { RoleArn: roleArn, RoleSessionName: 'alice' };
    expect((await room.call(room.appServer, 'AssumeRole', params)).status).toBe(403);
  });
});

describe('the parameters', () => {
  test.each(['OIDCProviderArn', 'OIDCToken', 'RoleArn', 'RoleSessionName'])('need %s', async (missing) => {
    expect(await outcome('a.b.c', { [missing]: undefined })).toEqual([
      400,
      `MissingParameter.${missing}`,
      `Parameter ${missing} is required.`,
    ]);
  });

  test('are checked as those of AssumeRole', async () => {
    const token = await idp.sign(claims());
    const codes = [
      await outcome(token, { RoleSessionName: 'a b' }),
      await outcome(token, { DurationSeconds: '899' }),
      await outcome(token, { DurationSeconds: '43201' }),
      await outcome(token, { Policy: '{}' }),
      await outcome(token, { Policy: 'x'.repeat(2049) }),
      await outcome(token, { RoleArn: 'nobody' }),
      await outcome(token, { OIDCProviderArn: 'acs:ram::1:saml-provider/x' }),
    ].map(([status, code]) => `${status} ${code}`);
    expect(codes).toEqual([
      '400 InvalidParameter.RoleSessionName',
      '400 InvalidParameter.DurationSeconds',
      '400 InvalidParameter.DurationSeconds',
      '400 InvalidParameter.PolicyGrammar',
      '400 InvalidParameter.PolicySize',
      '400 InvalidParameter.RoleArn',
      '400 InvalidParameter.OIDCProviderArn',
    ]);
  });

  test('name what is there', async () => {
    const token = await idp.sign(claims());
    expect(await outcome(token, { RoleArn: `acs:ram::${room.accountId}:role/none` })).toEqual([
      404,
      'EntityNotExist.Role',
      `The role not exists: acs:ram::${room.accountId}:role/none.`,
    ]);
    expect(await outcome(token, { OIDCProviderArn: `acs:ram::${room.accountId}:oidc-provider/none` })).toEqual([
      401,
      'AuthenticationFail.NoPermission',
      'No such OIDC Provider registered.',
    ]);
  });
});

describe('the provider is believed', () => {
  const with_ = async (given: Partial<OidcProvider>) => {
    room.clock.advance(2 * HOUR);
    arn = await provider(given);
    roleArn = await role(arn);
    return (await outcome(await idp.sign(claims()))).slice(0, 2).join(' ');
  };

  test('by the fingerprint of any of its certificates, SHA-1 or SHA-256, in any case', async () => {
    expect(await with_({ fingerprints: [tls.fingerprint.toUpperCase()] })).toBe('200 ');
    expect(await with_({ fingerprints: ['00'.repeat(20), tls.authorityFingerprint] })).toBe('200 ');
  });

  test('not with other certificates, nor with one that nobody knows', async () => {
    expect(await with_({ fingerprints: ['00'.repeat(20)] })).toBe(
      '401 AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch',
    );
    expect(await with_({ fingerprints: [] })).toBe('401 AuthenticationFail.OIDCToken.IssuerConfigurationBroken');
  });

  test('not when a genuine authority is sent along with a certificate that it did not sign', async () => {
    const other = await certificates();
    const [leaf] = other.cert.split(/(?<=-----END CERTIFICATE-----)\n/);
    const authority = tls.cert.split(/(?<=-----END CERTIFICATE-----)\n/)[1];
    const imposter = await oidcIssuer({ ...other, cert: `${leaf}\n${authority}` });
    arn = await provider({ issuerUrl: imposter.issuer });
    const token = await imposter.sign(claims({ iss: imposter.issuer }));
    expect((await outcome(token))[1]).toMatch(/IssuerConfigurationBroken|PublicKeyFingerprintMismatch/);
    expect(imposter.seen).toEqual([]);
    await imposter.close();
  });

  test('not when its certificate has ended', async () => {
    const late = await oidcIssuer(await certificates(-1000));
    arn = await provider({ issuerUrl: late.issuer, fingerprints: [tls.authorityFingerprint] });
    expect((await outcome(await late.sign(claims({ iss: late.issuer }))))[0]).toBe(401);
    expect(late.seen).toEqual([]);
    await late.close();
  });

  test('not at an address that is not public, unless the operator opened it', async () => {
    expect(await with_({ issuerUrl: idp.issuer.replace('localhost', '127.0.0.1') })).toMatch(/IssuerNotMatch/);
    const closed = await controlRoom();
    await insertOidcProvider(closed.db, {
      accountId: closed.accountId,
      name: 'idp',
      issuerUrl: idp.issuer,
      description: '',
      clientIds: ['uploader'],
      fingerprints: [tls.authorityFingerprint],
      issuanceLimitHours: 12,
      createdAt: 0,
      updatedAt: 0,
    });
    const now = closed.clock.now() / 1000;
    idp.seen.length = 0;
    const answer = await closed.send(
      rawRequest(
        'POST',
        Object.entries({ Action: 'AssumeRoleWithOIDC', Version: '2015-04-01', Format: 'JSON' }),
        Object.entries({
          OIDCProviderArn: `acs:ram::${closed.accountId}:oidc-provider/idp`,
          OIDCToken: await idp.sign({ ...claims(), iat: now, exp: now + 600 }),
          RoleArn: closed.installation.uploadRoleArn,
          RoleSessionName: 'alice',
        }),
      ),
    );
    expect(answer.body.Code).toBe('AuthenticationFail.OIDCToken.IssuerConfigurationBroken');
    expect(idp.seen).toEqual([]);
    await closed.close();
  });

  test.each<[string, (path: string) => { status?: number; body: string } | undefined]>([
    [
      'another issuer',
      (path) =>
        path.startsWith('/.well')
          ? { body: '{"issuer":"https://x.example","jwks_uri":"https://x.example"}' }
          : undefined,
    ],
    [
      'keys over HTTP elsewhere',
      (path) =>
        path.startsWith('/.well')
          ? { body: JSON.stringify({ issuer: idp.issuer, jwks_uri: 'http://keys.example/' }) }
          : undefined,
    ],
    [
      'keys at an address that is not public',
      (path) =>
        path.startsWith('/.well')
          ? { body: JSON.stringify({ issuer: idp.issuer, jwks_uri: 'https://169.254.169.254/' }) }
          : undefined,
    ],
    ['an error', () => ({ status: 500, body: '{}' })],
    ['no JSON', () => ({ body: '<html>' })],
    [
      'too much',
      (path) => (path === '/keys' ? { body: JSON.stringify({ keys: [], more: 'x'.repeat(200_000) }) } : undefined),
    ],
    [
      'too many keys',
      (path) => (path === '/keys' ? { body: JSON.stringify({ keys: Array(101).fill({ kty: 'RSA' }) }) } : undefined),
    ],
  ])('not when it answers with %s; and it is asked again only after a while', async (_, answer) => {
    idp.answerWith(answer);
    for (let i = 0; i < 5; i++)
      expect(await outcome(await idp.sign(claims()))).toEqual([
        401,
        'AuthenticationFail.OIDCToken.IssuerConfigurationBroken',
        `Get public keys from OIDC Provider failed, the issuer is ${idp.issuer}.`,
      ]);
    expect(idp.seen.length).toBeLessThanOrEqual(2);
    idp.answerWith(undefined);
    room.clock.advance(30_000);
    expect(await good()).toBe(200);
  });
});

describe('calls without a signature', () => {
  test('are counted by address, an IPv6 network as one', async () => {
    const own = await controlRoom({ unsignedPerSecond: 2 });
    const ask = async (sourceIp: string, Action = 'AssumeRoleWithOIDC') =>
      (
        await own.send(
          rawRequest('GET', Object.entries({ Action, Version: '2015-04-01', Format: 'JSON' }), [], { sourceIp }),
        )
      ).body.Code;
    const THROTTLED = 'Throttling.User';
    expect([await ask('192.0.2.1'), await ask('192.0.2.1', 'Nothing'), await ask('192.0.2.1')]).toEqual([
      'MissingParameter.RoleArn',
      'InvalidAction.NotFound',
      THROTTLED,
    ]);
    expect(await ask('192.0.2.2')).not.toBe(THROTTLED);
    for (const host of ['1', '2', 'ffff:1']) await ask(`2001:db8:1:2::${host}`);
    expect(await ask('2001:db8:1:2:9::')).toBe(THROTTLED);
    expect(await ask('2001:db8:1:3::1')).not.toBe(THROTTLED);
    expect((await own.call(own.appServer, 'GetCallerIdentity', {}, { sourceIp: '192.0.2.1' })).status).toBe(200);
    await own.close();
  });

  test('may ask for SAML, and are told what there is', async () => {
    const call = Object.entries({
      Action: 'AssumeRoleWithSAML',
      Version: '2015-04-01',
      Format: 'JSON',
      SAMLAssertion: 'x',
    });
    const { status, body } = await room.send(rawRequest('POST', call, []));
    expect([status, body.Code]).toEqual([501, 'NotImplemented']);
    expect(body.Message).toContain('AssumeRoleWithOIDC');
  });
});
