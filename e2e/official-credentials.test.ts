import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseSync } from '@photostructure/sqlite';
import { Provider } from 'oidc-provider';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

// The clients are CommonJS, and not all of their types survive being imported from a module.
const require = createRequire(import.meta.url);
const Rpc = require('@alicloud/pop-core');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { default: Sts, AssumeRoleRequest, AssumeRoleWithOIDCRequest } = require('@alicloud/sts20150401');

let data: string;
let server: ServerProcess;
let issuer: string;
let issuerServer: Server;
let idToken: string;

const ISSUED = { aud: 'sluice-sts', client: 'build-machine', secret: 'a-secret-of-the-build-machine' };

beforeAll(async () => {
  data = await temporaryDirectory();
  const { cert, fingerprint } = await startIssuer();
  idToken = await tokenOfIssuer(cert);
  await writeFile(join(data, 'token'), idToken);
  // An installation that knows the provider.
  const first = await startServer({ data });
  const { accountId } = first.credentials;
  await first.stop();
  const db = new DatabaseSync(join(data, 'sluice.db'));
  db.prepare('insert into oidc_providers values (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    ...[accountId, 'idp', issuer, '', JSON.stringify([ISSUED.aud]), JSON.stringify([fingerprint]), 12, 1, 1],
  );
  const statement = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Federated: [`acs:ram::${accountId}:oidc-provider/idp`], RAM: [`acs:ram::${accountId}:root`] },
  };
  db.prepare('update roles set trust_policy = ?').run(JSON.stringify({ Version: '1', Statement: [statement] }));
  db.close();
  server = await startServer({
    data,
    args: ['--tls-self-signed'],
    env: { SLUICE_OIDC_PROVIDER_ALLOW: 'localhost' },
  });
});
afterAll(async () => {
  await server?.stop();
  issuerServer?.closeAllConnections();
  issuerServer?.close();
  await rm(data, { recursive: true, force: true });
});

/** A real OpenID Connect provider, which gives its tokens to machines. */
async function startIssuer() {
  const now = Date.now();
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - 3600_000),
    notAfterDate: new Date(now + 86_400_000),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  let handler: ReturnType<Provider['callback']> | undefined;
  issuerServer = createServer({ cert, key }, (request, response) => void handler?.(request, response));
  await new Promise<void>((resolve) => issuerServer.listen(0, '127.0.0.1', resolve));
  issuer = `https://localhost:${(issuerServer.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: ISSUED.client,
        client_secret: ISSUED.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:sluice:sts',
        getResourceServerInfo: () => ({
          scope: '',
          audience: ISSUED.aud,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  handler = provider.callback();
  return { cert, fingerprint: new X509Certificate(cert).fingerprint.replaceAll(':', '') };
}

async function tokenOfIssuer(cert: string): Promise<string> {
  const file = join(data, 'idp.pem');
  await writeFile(file, cert);
  const script = `fetch(process.argv[1] + '/token', { method: 'POST', headers: { authorization: 'Basic ' + btoa(process.argv[2]) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }) }).then((r) => r.text()).then((t) => console.log(t))`;
  const { stdout } = await run(['-e', script, issuer, `${ISSUED.client}:${ISSUED.secret}`], file);
  const { access_token } = JSON.parse(stdout) as { access_token?: string };
  if (access_token === undefined) throw new Error(`the provider answered ${stdout}`);
  return access_token;
}

/** Node reads whom to trust when it starts. */
const run = (args: readonly string[], trusted: string) =>
  promisify(execFile)(process.execPath, [...args], { env: { ...process.env, NODE_EXTRA_CA_CERTS: trusted } });

interface Given {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

async function credentialsOf(config: object): Promise<[Given, Given]> {
  const script = join(repository, 'e2e', 'support', 'credentials-client.mjs');
  const stsEndpoint = `localhost:${server.apiPort}`;
  const { stdout } = await run([script, JSON.stringify({ ...config, stsEndpoint })], server.certificate ?? '');
  return JSON.parse(stdout) as [Given, Given];
}

/** Who the server says they are, asked over TLS by the official STS client. */
async function identityOf(keys: Given): Promise<string> {
  const script = `const { $OpenApiUtil } = require('@alicloud/openapi-core'); const { default: Sts } = require('@alicloud/sts20150401');
    new Sts(new $OpenApiUtil.Config(JSON.parse(process.argv[1]))).getCallerIdentity().then((a) => console.log(a.body.arn))`;
  const config = { ...keys, endpoint: `localhost:${server.apiPort}`, protocol: 'HTTPS' };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, JSON.stringify(config)], {
    cwd: join(repository, 'e2e'),
    env: { ...process.env, NODE_EXTRA_CA_CERTS: server.certificate ?? '' },
  });
  return stdout.trim();
}

const providerArn = () => `acs:ram::${server.credentials.accountId}:oidc-provider/idp`;

describe('@alicloud/credentials over TLS, unmodified', () => {
  test('gets credentials from /token of the AppServer, as a credentials_uri', async () => {
    const [first] = await credentialsOf({ type: 'credentials_uri', credentialsURI: `${server.api}/token` });
    expect(await identityOf(first)).toMatch(new RegExp(`^${server.credentials.uploadRoleArn}/`));
  });

  test('gets credentials of a role with an access key, and keeps them', async () => {
    const { appServer, uploadRoleArn } = server.credentials;
    const role = { type: 'ram_role_arn', ...appServer, roleArn: uploadRoleArn, roleSessionName: 'official' };
    const [first, second] = await credentialsOf({ ...role, roleSessionExpiration: 3600 });
    expect(first.accessKeyId).toMatch(/^STS\./);
    expect(second).toEqual(first);
    expect(await identityOf(first)).toBe(`${uploadRoleArn}/official`);
  });

  test('refreshes credentials that are about to end', async () => {
    const { appServer, uploadRoleArn } = server.credentials;
    const role = { type: 'ram_role_arn', ...appServer, roleArn: uploadRoleArn, roleSessionName: 'official' };
    // It takes what ends in less than a quarter of an hour for old (reference ram-sts 6.1).
    const [first, second] = await credentialsOf({ ...role, roleSessionExpiration: 900 });
    expect(second.accessKeyId).not.toBe(first.accessKeyId);
    expect(await identityOf(second)).toBe(`${uploadRoleArn}/official`);
  });

  test('gets and refreshes credentials for a token of an OpenID Connect provider', async () => {
    const { uploadRoleArn } = server.credentials;
    const [first, second] = await credentialsOf({
      type: 'oidc_role_arn',
      oidcProviderArn: providerArn(),
      oidcTokenFilePath: join(data, 'token'),
      roleArn: uploadRoleArn,
      roleSessionName: 'build',
      durationSeconds: 900,
      roleSessionExpiration: 900,
    });
    expect(second.accessKeyId).not.toBe(first.accessKeyId);
    for (const keys of [first, second]) expect(await identityOf(keys)).toBe(`${uploadRoleArn}/build`);
  });
});

describe('every operation of STS with the official clients, unmodified', () => {
  let plain: ServerProcess;
  beforeAll(async () => {
    await server.stop();
    plain = await startServer({ data, env: { SLUICE_OIDC_PROVIDER_ALLOW: 'localhost' } });
  });
  afterAll(() => plain?.stop());
  const sts = (keys: object) =>
    new Sts(new $OpenApiUtil.Config({ ...keys, endpoint: `127.0.0.1:${plain.apiPort}`, protocol: 'HTTP' }));
  const pop = (keys: object) => new Rpc({ ...keys, endpoint: plain.api, apiVersion: '2015-04-01' });

  test('@alicloud/sts20150401', async () => {
    const { appServer, uploadRoleArn: roleArn } = plain.credentials;
    const client = sts(appServer);
    const assumed = await client.assumeRole(
      new AssumeRoleRequest({ roleArn, roleSessionName: 'acs3', externalId: 'tenant-1' }),
    );
    const federated = await client.assumeRoleWithOIDC(
      new AssumeRoleWithOIDCRequest({
        OIDCProviderArn: providerArn(),
        OIDCToken: idToken,
        roleArn,
        roleSessionName: 'web',
      }),
    );
    expect(federated.body?.OIDCTokenInfo).toMatchObject({
      subject: ISSUED.client,
      issuer,
      clientIds: ISSUED.aud,
      verificationInfo: 'Success',
    });
    const arns = [];
    for (const { body } of [assumed, federated]) {
      const { accessKeyId, accessKeySecret, securityToken } = body.credentials;
      const identity = await sts({ accessKeyId, accessKeySecret, securityToken }).getCallerIdentity();
      expect(identity.body).toMatchObject({ identityType: 'AssumedRoleUser', accountId: plain.credentials.accountId });
      arns.push(identity.body.arn);
    }
    expect(arns).toEqual([`${roleArn}/acs3`, `${roleArn}/web`]);
  });

  test('@alicloud/pop-core', async () => {
    const { appServer, uploadRoleArn: RoleArn } = plain.credentials;
    const client = pop(appServer);
    const params = { RoleArn, RoleSessionName: 'pop' };
    const { Credentials } = await client.request('AssumeRole', params);
    const oidc = { ...params, OIDCProviderArn: providerArn(), OIDCToken: idToken };
    const federated = await client.request('AssumeRoleWithOIDC', oidc, { method: 'POST' });
    expect(federated.OIDCTokenInfo.Subject).toBe(ISSUED.client);
    const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken } = Credentials;
    const who = await pop({ accessKeyId, accessKeySecret, securityToken }).request('GetCallerIdentity', {});
    expect(who.Arn).toBe(`${RoleArn}/pop`);
    const refused = (action: string, given: object) => client.request(action, given, { method: 'POST' });
    await expect(refused('AssumeRoleWithOIDC', { ...oidc, OIDCToken: 'a.b.c' })).rejects.toMatchObject({
      code: 'AuthenticationFail.OIDCToken.Invalid',
    });
    await expect(refused('AssumeRoleWithSAML', {})).rejects.toMatchObject({ code: 'NotImplemented' });
  });
});
