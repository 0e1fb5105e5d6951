import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckId, type CheckOptions, type CheckReport, checkUpload, type Finding } from '@sluice/uploader/doctor';
import {
  type NodeFile,
  NodeHttpStack,
  type StsCredentials,
  type UploaderOptions,
  type UploadGrant,
} from '@sluice/uploader/node';
import { decodeUploadAddress, encodeUploadAddress } from '@sluice/wire';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { assumeUploadRole, callVod, requestToken } from './support/api.js';
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.js';
import { cli, type ServerProcess, startServer } from './support/server.js';

const ORIGIN = 'https://app.example.com';
let server: ServerProcess;
/** Reverse proxies before the two planes. */
let vod: FaultProxy;
let store: FaultProxy;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-doctor-'));
  vod = await startFaultProxy(() => ({ port: server.apiPort }));
  store = await startFaultProxy(() => ({ port: server.ossPort }));
  server = await startServer({ args: ['--oss-url', `http://oss.localhost:${store.port}`] });
});
afterAll(async () => {
  await Promise.all([vod?.close(), store?.close(), server?.stop()]);
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  vod.faults = {};
  store.faults = {};
});

type Options = UploaderOptions<NodeFile>;
const endpoint = (): string => `http://127.0.0.1:${vod.port}`;
let token: StsCredentials | undefined;
/** One for all: the AppServer hands out so many a minute. */
const credentials = async (): Promise<StsCredentials> => {
  token ??= { ...(await requestToken(server)), expiration: Date.now() + 3_600_000 };
  return token;
};

const check = (options: Partial<Options> = {}, how: CheckOptions = {}): Promise<CheckReport> =>
  checkUpload({ endpoint: endpoint(), ...(options.auth ? {} : { credentials }), ...options }, { probe: true, ...how });

const finding = (report: CheckReport, id: CheckId): Finding => {
  const found = report.findings.find((one) => one.id === id);
  if (!found) throw new Error(`no finding ${id}`);
  return found;
};
const failed = (report: CheckReport): string[] =>
  report.findings.filter(({ status }) => status === 'fail').map(({ id }) => id);
/** The one thing that is wrong. */
const onlyFailure = (report: CheckReport): string => {
  const [first, ...others] = report.findings.filter(({ status }) => status === 'fail');
  expect(others.map(({ id }) => id)).toEqual([]);
  expect(report.ok).toBe(false);
  return `${first?.id}: ${first?.message}`;
};

describe('a set-up without faults', () => {
  test('passes every check, for Node and for pages of an origin, and uses the media of the dry run again', async () => {
    const first = await check({}, { origin: ORIGIN });
    expect(failed(first)).toEqual([]);
    expect(first.findings.filter(({ status }) => status === 'warn')).toEqual([]);
    expect(first.findings.filter(({ status }) => status === 'skipped').map(({ id }) => id)).toEqual([
      'vod-mixed-content',
      'grant-renewal',
      'store-mixed-content',
    ]);
    expect(finding(first, 'cleanup').message).toMatch(
      /^An empty media titled sluice-doctor \(\w{32}\) remains, since the token may not delete media, and rightly so: the next check uses it again\.$/,
    );
    const second = await check();
    expect(second.leftBehind).toEqual(first.leftBehind);
    expect(finding(second, 'vod-cors').status).toBe('skipped');
    const { body } = await callVod(server, 'GetVideoInfo', { VideoId: first.leftBehind?.videoId ?? '' });
    expect(body).toMatchObject({ Video: { Title: 'sluice-doctor', Status: 'Uploading' } });
  });

  test('without a dry run nothing is made, and the data plane is not looked at', async () => {
    const before = server.requests.length;
    const report = await check({}, { probe: false });
    expect(report.ok).toBe(true);
    expect(report.leftBehind).toBeUndefined();
    expect(finding(report, 'grant')).toMatchObject({
      status: 'skipped',
      message: 'Looking at the data plane takes a dry run, which was not asked for.',
    });
    await server.logged((r) => r.action === 'CreateUploadVideo' && r.code === 'InvalidFileName.Extension');
    expect(server.requests.slice(before).filter(({ plane }) => plane === 'oss')).toEqual([]);
    expect(server.requests.slice(before).filter(({ status, plane }) => plane === 'api' && status === 200)).toEqual([]);
  });

  test('a token that may delete media leaves nothing behind', async () => {
    let deleted = '';
    vod.faults.answer = async (_incoming, body) => {
      const form = new URLSearchParams(body);
      if (form.get('Action') !== 'DeleteVideo') return undefined;
      // As if the role had the right that the AppServer has.
      deleted = form.get('VideoIds') ?? '';
      const answer = await callVod(server, 'DeleteVideo', { VideoIds: deleted });
      return { status: answer.status, body: JSON.stringify(answer.body) };
    };
    const report = await check();
    expect(finding(report, 'cleanup').message).toBe('The media of the dry run was deleted again.');
    expect(report.leftBehind).toBeUndefined();
    expect((await callVod(server, 'GetVideoInfo', { VideoId: deleted })).body.Code).toBe('InvalidVideo.NotFound');
  });

  test('a service that takes any name: what it made is used and told', async () => {
    const made = await callVod(server, 'CreateUploadVideo', { Title: 'sluice-doctor', FileName: 'a.mp4' });
    vod.faults.answer = (_incoming, body) =>
      new URLSearchParams(body).get('FileName')?.endsWith('.no-media')
        ? { status: 200, body: JSON.stringify(made.body) }
        : undefined;
    const session = await check();
    // Made by another principal here, so the token may not refresh it; it is told all the same.
    expect(session.leftBehind?.videoId).toBe(made.body.VideoId);
  });
});

describe('the VOD endpoint', () => {
  const unreachable = async (at: string): Promise<string> => {
    const report = await check({ endpoint: at });
    return onlyFailure(report);
  };

  test('a name that does not resolve', async () => {
    expect(await unreachable('http://vod.nowhere.invalid')).toMatch(
      /^vod-reachable: The name vod\.nowhere\.invalid (does not resolve: check `endpoint`, or add it to the DNS|could not be looked up, .*)\.$/,
    );
  });

  test('a port at which nothing listens', async () => {
    expect(await unreachable('http://127.0.0.1:9')).toBe(
      'vod-reachable: Nothing listens at 127.0.0.1:9: check `endpoint`, its port, and that the VOD service is running.',
    );
  });

  test('https where http is spoken', async () => {
    expect(await unreachable(`https://127.0.0.1:${vod.port}`)).toBe(
      `vod-reachable: 127.0.0.1:${vod.port} speaks http, not https: check \`endpoint\` and write http://127.0.0.1:${vod.port}.`,
    );
  });

  test('another web server', async () => {
    vod.faults.answer = () => ({ status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>It works!</h1>' });
    const message = `127.0.0.1:${vod.port} is no VOD service: it answered HTTP 404 with "It works!": check host, port and path of \`endpoint\`.`;
    expect(onlyFailure(await check())).toBe(`vod-service: ${message}`);
  });

  test('the data plane in its place', async () => {
    expect(await unreachable(server.oss)).toBe(
      `vod-service: 127.0.0.1:${server.ossPort} is the data plane (OSS), not VOD: put the address of the control plane into \`endpoint\` (Sluice: port 8400 unless changed).`,
    );
  });

  test('a redirect to https', async () => {
    vod.faults.answer = () => ({ status: 301, headers: { location: 'https://vod.example.com/?token=x' } });
    expect(onlyFailure(await check())).toBe(
      `vod-service: 127.0.0.1:${vod.port} redirects to https://vod.example.com/: write that address into \`endpoint\`, since a signed POST is not repeated elsewhere.`,
    );
  });

  test('a server that never answers', async () => {
    vod.faults.answer = () => 'silence';
    expect(onlyFailure(await check({}, { timeout: 1000 }))).toBe(
      `vod-reachable: The VOD service at 127.0.0.1:${vod.port} did not answer within 1 s: check \`endpoint\`, and look for a firewall that drops packets.`,
    );
  });

  test('a server that is out of order', async () => {
    vod.faults.answer = () => ({ status: 503, body: '{"RequestId":"R","Code":"ServiceUnavailable"}' });
    expect(onlyFailure(await check())).toBe(
      `vod-service: The VOD service at 127.0.0.1:${vod.port} is out of order (ServiceUnavailable): look into its log.`,
    );
  });

  test('options that cannot be used', async () => {
    const report = await check({ partSize: 5 });
    expect(failed(report)).toEqual(['options']);
    expect(finding(report, 'options').message).toMatch(/partSize/);
    expect(report.findings.filter(({ status }) => status === 'skipped')).toHaveLength(report.findings.length - 1);
  });
});

describe('certificates', () => {
  const made = async (name: string, days: readonly [from: number, to: number]) => {
    const day = 86_400_000;
    const pair = await generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() + days[0] * day),
      notAfterDate: new Date(Date.now() + days[1] * day),
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
      ],
    });
    const file = join(directory, `${name}.${days.join('.')}.pem`);
    await writeFile(file, pair.cert);
    return { key: pair.private, cert: pair.cert, file };
  };
  /** The doctor of the command line, which trusts the certificate. */
  const doctorAt = async (tls: { key: string; cert: string; file: string }, host: string): Promise<CheckReport> => {
    const front = await startFaultProxy(() => ({ port: server.apiPort }), tls);
    try {
      const run = await sluiceDoctor(['--json', '--endpoint', `https://${host}:${front.port}`], {
        NODE_EXTRA_CA_CERTS: tls.file,
        SLUICE_TOKEN_URL: `${server.api}/token`,
      });
      return JSON.parse(run.out.replaceAll(`:${front.port}`, ':PORT')) as CheckReport;
    } finally {
      await front.close();
    }
  };

  test('self-signed', async () => {
    const tls = await made('localhost', [-1, 90]);
    const front = await startFaultProxy(() => ({ port: server.apiPort }), tls);
    const report = await check({ endpoint: `https://localhost:${front.port}` });
    await front.close();
    expect(onlyFailure(report)).toBe(
      `vod-reachable: The certificate of localhost:${front.port} is self-signed: let the clients trust it (in Node: NODE_EXTRA_CA_CERTS=<certificate file>), or install one of a public authority.`,
    );
    expect(finding(report, 'vod-reachable').detail).toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      names: 'DNS:localhost',
    });
  });

  test('expired', async () => {
    const report = await doctorAt(await made('localhost', [-90, -2]), 'localhost');
    expect(onlyFailure(report)).toBe(
      'vod-reachable: The certificate of localhost:PORT has expired: renew it, or set the clock of this device if that is wrong.',
    );
  });

  test('for another name', async () => {
    const report = await doctorAt(await made('other.localhost', [-1, 90]), 'localhost');
    expect(onlyFailure(report)).toBe(
      'vod-reachable: The certificate of localhost:PORT is for another name: install one that names localhost (buckets need a wildcard), or use the name it was made for.',
    );
    expect(finding(report, 'vod-reachable').detail).toMatchObject({ names: 'DNS:other.localhost' });
  });

  test('good, but about to end', async () => {
    const report = await doctorAt(await made('localhost', [-1, 5]), 'localhost');
    expect(report.ok).toBe(true);
    expect(finding(report, 'vod-reachable')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/^The certificate of localhost:PORT ends on \d{4}-\d\d-\d\d: renew it\.$/),
    });
  });

  test('https where the address says http', async () => {
    const front = await startFaultProxy(() => ({ port: server.apiPort }), await made('localhost', [-1, 90]));
    const report = await check({ endpoint: `http://localhost:${front.port}` });
    await front.close();
    expect(onlyFailure(report)).toBe(
      `vod-reachable: localhost:${front.port} speaks https, not http: check \`endpoint\` and write https://localhost:${front.port}.`,
    );
  });

  test('one that leaves the buckets out', async () => {
    const tls = await made('oss.localhost', [-1, 90]);
    const front = await startFaultProxy(() => ({ port: server.ossPort }), tls);
    vod.faults.body = rewriteAddress(`https://oss.localhost:${front.port}`);
    const run = await sluiceDoctor(['--json', '--endpoint', endpoint(), '--token-url', `${server.api}/token`], {
      NODE_EXTRA_CA_CERTS: tls.file,
    });
    await front.close();
    expect(onlyFailure(JSON.parse(run.out) as CheckReport)).toBe(
      'store-reachable: The certificate of oss.localhost does not name its buckets (sluice-uploads.oss.localhost): install one that names *.oss.localhost too.',
    );
  });
});

describe('the clock of this device', () => {
  const shifted = (ms: number) => ({
    now: () => Date.now() + ms,
    setTimeout(run: () => void, after: number) {
      const timer = setTimeout(run, after);
      return () => clearTimeout(timer);
    },
  });

  test('off by hours: told by how much; uploads correct for it', async () => {
    const report = await check({ clock: shifted(2 * 3_600_000 + 3 * 60_000 + 2_000) });
    expect(failed(report)).toEqual([]);
    expect(finding(report, 'vod-clock')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(
        /^The clock of this device is 2 h 3 min ahead of that of the VOD service, more than the 15 minutes that are accepted; uploads correct for it: set the clock of this device, or that of the server\.$/,
      ),
    });
  });

  test('off by hours, and the server does not tell its own', async () => {
    const hide = (headers: Map<string, string>): void => void headers.delete('date');
    vod.faults.headers = hide;
    const report = await check({ clock: shifted(-7_200_000) });
    expect(onlyFailure(report)).toBe(
      'signature: VOD refuses the time of this device as more than 15 minutes off, and its own time cannot be read: set the clock of this device, and let the server expose its Date header (Access-Control-Expose-Headers).',
    );
    expect(finding(report, 'vod-clock').message).toBe(
      'The answers of the VOD service have no Date header, so the clock cannot be compared.',
    );
  });

  test('a Date that pages may not read', async () => {
    vod.faults.headers = (headers) => headers.set('access-control-expose-headers', 'x-acs-request-id');
    expect(finding(await check({}, { origin: ORIGIN, probe: false }), 'vod-clock')).toMatchObject({
      status: 'warn',
      message:
        'The clock cannot be compared with that of the VOD service, because its Date header is hidden from pages: expose the Date header (Access-Control-Expose-Headers), so that devices with a wrong clock can correct it.',
    });
  });
});

describe('credentials()', () => {
  const told = async (answer: () => Promise<unknown>): Promise<string> =>
    onlyFailure(await check({ credentials: answer as () => Promise<StsCredentials> }, { timeout: 1500 }));

  test('throws', async () => {
    const message = await told(async () => {
      throw new Error('HTTP 500 from https://user:pw@app/token?SecurityToken=CAISsecretsecret, Bearer abcdef123456');
    });
    expect(message).toBe(
      'credentials: credentials() failed (HTTP 500 from https://***@app/token?SecurityToken=***, Bearer ***): check your token endpoint and its log.',
    );
  });

  test('never answers', async () => {
    expect(await told(() => new Promise(() => {}))).toBe(
      'credentials: credentials() gave no answer within 2 s: check that your token endpoint answers.',
    );
  });

  test.each<[string, unknown, string]>([
    [
      'nothing',
      undefined,
      'credentials() answered undefined instead of an object: return { accessKeyId, accessKeySecret, securityToken, expiration }.',
    ],
    [
      'too little',
      { accessKeyId: 'STS.x' },
      'credentials() answered without accessKeySecret, securityToken: return { accessKeyId, accessKeySecret, securityToken, expiration } of AssumeRole.',
    ],
    [
      'a key without a token',
      { accessKeyId: 'LTAI', accessKeySecret: 's' },
      'credentials() answered without securityToken: hand out tokens of AssumeRole, never the access key of a user.',
    ],
    [
      'the spelling of AssumeRole',
      { AccessKeyId: 'a', AccessKeySecret: 'b', SecurityToken: 'c' },
      'credentials() answered AccessKeyId, AccessKeySecret, SecurityToken, written as AssumeRole does: name the members accessKeyId, accessKeySecret, securityToken and expiration.',
    ],
    [
      'a wrapped token',
      { Credentials: { AccessKeyId: 'a' } },
      'credentials() answered the token inside of `Credentials`: return what is in it, as { accessKeyId, accessKeySecret, securityToken, expiration }.',
    ],
  ])('answers %s', async (_name, answer, message) => {
    expect(await told(async () => answer)).toBe(`credentials: ${message}`);
  });

  test('answers a token that has ended', async () => {
    const message = await told(async () => ({ ...(await credentials()), expiration: Date.now() - 180_500 }));
    expect(message).toMatch(
      /^token-life: The token of credentials\(\) ended 3 min( \d s)? ago: let your token endpoint ask AssumeRole for a new one before the old one ends\.$/,
    );
  });

  test('answers seconds, no time at all, or none', async () => {
    const life = async (expiration: unknown) => {
      const token = { ...(await credentials()), expiration } as StsCredentials;
      return finding(await check({ credentials: async () => token }, { probe: false }), 'token-life').message;
    };
    expect(await life(Math.round(Date.now() / 1000) + 3600)).toBe(
      'The `expiration` of credentials() is in seconds: return milliseconds since 1970, or the ISO 8601 text of AssumeRole.',
    );
    expect(await life('soon')).toContain('is not a time, so the token is renewed only after a refusal: return');
    expect(await life(undefined)).toContain('does not say when the token ends');
    expect(await life(null)).toContain('does not say when the token ends');
    expect(await life(Date.now() + 20_000)).toMatch(
      /ends in (20|19) s: hand out tokens with more of their life left\.$/,
    );
  });

  test('answers a wrong secret: it is told, and never shown', async () => {
    const token = await credentials();
    const secret = 'ThisIsAWrongSecret0123456789';
    const report = await check({ credentials: async () => ({ ...token, accessKeySecret: secret }) });
    expect(onlyFailure(report)).toBe(
      'signature: VOD does not accept the signature (SignatureDoesNotMatch): check that credentials() hands out the access key secret that belongs to the access key id, and that no proxy rewrites requests.',
    );
    const text = JSON.stringify(report);
    for (const hidden of [secret, token.accessKeySecret, token.securityToken]) expect(text).not.toContain(hidden);
  });

  test('answers parts of two tokens, or one of another server', async () => {
    const [one, two] = [await credentials(), await credentials()];
    const mixed = await assumeUploadRole(server);
    expect(await told(async () => ({ ...one, securityToken: mixed.securityToken }))).toMatch(
      /^signature: VOD does not (accept the token|know the access key of the token) \(Invalid\w+\.\w+\): check that credentials\(\)/,
    );
    expect(await told(async () => ({ ...two, securityToken: 'CAISnonsense' }))).toMatch(
      /^signature: VOD does not (accept the token|know the access key of the token) \(Invalid\w+\.\w+\): check that credentials\(\)/,
    );
  });

  test.each([
    ['CreateUploadVideo', 'RefreshUploadVideo', 'create-permission', 'no upload can begin'],
    ['RefreshUploadVideo', 'CreateUploadVideo', 'refresh-permission', 'long and resumed uploads break off'],
  ])('answers a token without vod:%s', async (denied, allowed, id, consequence) => {
    const Policy = JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: [`vod:${allowed}`, 'oss:*'], Resource: '*' }],
    });
    const token = await assumeUploadRole(server, { Policy });
    const report = await check({ credentials: async () => token });
    expect(onlyFailure(report)).toBe(
      `${id}: The token may not call vod:${denied}, so ${consequence}: allow vod:${denied} in the role (AliyunVODUploadAuth does) and in the session policy of AssumeRole.`,
    );
  });
});

/** Lets VOD hand out another address of the store, as a wrong `--oss-url` would. */
function rewriteAddress(to: string): (body: string) => string {
  return (body) =>
    body.replace(/"UploadAddress":"([^"]+)"/, (_whole, text: string) => {
      const address = decodeUploadAddress(text);
      return `"UploadAddress":"${encodeUploadAddress({ ...(address ?? { Bucket: '', FileName: '' }), Endpoint: to })}"`;
    });
}

describe('the data plane', () => {
  const bucketHost = () => `sluice-uploads.oss.localhost:${store.port}`;

  test('nothing listens there', async () => {
    vod.faults.body = rewriteAddress('http://oss.localhost:9');
    expect(onlyFailure(await check())).toBe(
      'store-reachable: Nothing listens at sluice-uploads.oss.localhost:9: check the address that VOD hands out (Sluice: --oss-domain, --oss-url), its port, and that the store is running.',
    );
  });

  test('the wildcard is missing from the DNS', async () => {
    const stack = new NodeHttpStack();
    const http = {
      // The resolver of this machine, asked for a name that nobody has.
      send: (request: Parameters<NodeHttpStack['send']>[0]) =>
        stack.send({
          ...request,
          url: request.url.replace('//sluice-uploads.oss.localhost', '//sluice-uploads.invalid'),
        }),
    };
    const report = await check({ http });
    stack.close();
    expect(onlyFailure(report)).toBe(
      'store-reachable: The name sluice-uploads.oss.localhost does not resolve, although oss.localhost does: add the wildcard *.oss.localhost to the DNS.',
    );
  });

  test('an IP address', async () => {
    vod.faults.body = rewriteAddress(`http://127.0.0.1:${store.port}`);
    const report = await check();
    expect(failed(report)).toEqual([]);
    expect(finding(report, 'store-address')).toMatchObject({
      status: 'warn',
      message: `VOD sends the files to the IP address 127.0.0.1:${store.port}, before which no bucket can be put and which no wildcard certificate names: give the store a domain name with a wildcard in the DNS (Sluice: --oss-domain).`,
    });
  });

  test('an address that is the own machine of every client', async () => {
    const stack = new NodeHttpStack();
    const http = {
      send: (request: Parameters<NodeHttpStack['send']>[0]) =>
        stack.send({ ...request, url: request.url.replace('//vod.example.com', `//127.0.0.1:${vod.port}`) }),
    };
    const report = await check({ endpoint: 'http://vod.example.com', http });
    stack.close();
    expect(onlyFailure(report)).toBe(
      `store-address: VOD sends the files to ${bucketHost()}, which is every client's own machine: give the store a name that clients can reach (Sluice: --oss-domain, or --oss-url behind a proxy).`,
    );
  });

  test('an address that is no URL', async () => {
    vod.faults.body = rewriteAddress('http://oss localhost');
    const report = await check();
    expect(onlyFailure(report)).toContain('store-address: The endpoint http://oss localhost is not a URL.');
  });

  test('something else answers there', async () => {
    store.faults.answer = () => ({ status: 200, body: '<html>Welcome</html>' });
    expect(onlyFailure(await check())).toBe(
      `store-service: ${bucketHost()} is no object store: it answered HTTP 200: check the address that VOD hands out (Sluice: --oss-domain, --oss-url).`,
    );
  });

  test('a region the official SDKs would follow', async () => {
    vod.faults.body = (body) =>
      body.replace(/"UploadAuth":"([^"]+)"/, (_whole, text: string) => {
        const auth = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Record<string, string>;
        return `"UploadAuth":"${Buffer.from(JSON.stringify({ ...auth, Region: 'ap-southeast-1' })).toString('base64')}"`;
      });
    expect(finding(await check(), 'region')).toMatchObject({
      status: 'warn',
      message:
        `The UploadAuth names region ap-southeast-1 although VOD is at 127.0.0.1:${vod.port}; the official upload SDKs call vod.ap-southeast-1.aliyuncs.com from then on, token included: let the VOD service leave Region out (Sluice does), or use this SDK only, which stays at \`endpoint\`.`.replace(
          `127.0.0.1:${vod.port}`,
          '127.0.0.1',
        ),
    });
    expect(finding(await check({ region: 'cn-shanghai' }), 'region').message).toContain(
      'The UploadAuth names region ap-southeast-1, not cn-shanghai',
    );
  });

  const refuse =
    (fits: (method: string, url: string) => boolean, status: number, code: string) =>
    ({ method = '', url = '' }: { method?: string | undefined; url?: string | undefined }) =>
      fits(method, url)
        ? { status, body: `<Error><Code>${code}</Code><Message>no</Message><RequestId>R1</RequestId></Error>` }
        : undefined;

  test('refuses to begin, by policy', async () => {
    store.faults.answer = refuse((method, url) => method === 'POST' && url.endsWith('?uploads'), 403, 'AccessDenied');
    expect(onlyFailure(await check())).toBe(
      'store-initiate: The UploadAuth may not begin a multipart upload (AccessDenied): allow oss:PutObject where the UploadAuth is made, and look for rules of a firewall or proxy that refuse POST.',
    );
  });

  test('refuses a part, by policy, and the upload is taken back all the same', async () => {
    store.faults.answer = refuse((method) => method === 'PUT', 403, 'AccessDenied');
    const report = await check();
    expect(onlyFailure(report)).toBe(
      'store-part: The UploadAuth may not send a part (AccessDenied): allow oss:PutObject where the UploadAuth is made, and look for rules of a firewall or proxy that refuse PUT.',
    );
    expect(finding(report, 'store-part').detail).toMatchObject({ requestId: 'R1', status: 403 });
    expect(finding(report, 'store-abort').status).toBe('ok');
  });

  test('a proxy refuses a body as long as a part', async () => {
    store.faults.answer = ({ method, headers }) =>
      method === 'PUT' && Number(headers['content-length']) > 1_048_576
        ? { status: 413, body: '<html>413 Request Entity Too Large</html>' }
        : undefined;
    expect((await check()).ok).toBe(true);
    expect(onlyFailure(await check({}, { partSize: 1_048_577 }))).toBe(
      'store-part: The store, or a proxy before it, refuses bodies as long as a part (HTTP 413): raise the limit of the proxy (nginx: client_max_body_size 0) or choose a smaller partSize.',
    );
  });

  test('cuts off a request', async () => {
    store.faults.answer = ({ method }) => (method === 'PUT' ? 'cut' : undefined);
    expect(onlyFailure(await check())).toBe(
      'store-part: The store did not answer the request to send a part (NetworkError): look for a proxy or firewall before the store that cuts such requests off.',
    );
  });

  test('changes bytes', async () => {
    store.faults.headers = (headers, { method }) => {
      if (method === 'PUT') headers.set('x-oss-hash-crc64ecma', '1');
    };
    expect(onlyFailure(await check())).toBe(
      'store-part: The store received other bytes than were sent: look for a proxy, virus scanner or firewall on the way that changes bodies.',
    );
  });

  test('rewrites what was signed', async () => {
    store.faults.requestHeaders = (headers) => {
      headers['content-type'] = 'text/plain';
    };
    const report = await check();
    expect(finding(report, 'store-initiate').message).toBe(
      'The store does not accept the signature (SignatureDoesNotMatch): check that VOD hands out the access key secret that belongs to the access key id, and that no proxy rewrites requests.',
    );
  });

  test('refuses the list of parts: no resume', async () => {
    store.faults.answer = refuse((method, url) => method === 'GET' && url.includes('uploadId'), 403, 'AccessDenied');
    expect(onlyFailure(await check())).toBe(
      'store-list: The UploadAuth may not list the parts, so no upload can be resumed (AccessDenied): allow oss:ListParts where the UploadAuth is made, and look for rules of a firewall or proxy that refuse GET.',
    );
  });

  test('a cache answers the list of parts', async () => {
    store.faults.body = (body, { method, url = '' }) =>
      method === 'GET' && url.includes('uploadId') ? body.replace(/<Part>.*<\/Part>/s, '') : body;
    expect(onlyFailure(await check())).toBe(
      'store-list: The store does not list the part that it took, so no upload can be resumed: look for a cache before the store, and let it pass GET requests with ?uploadId.',
    );
  });

  test('refuses to take an upload back: worth a warning', async () => {
    store.faults.answer = refuse((method) => method === 'DELETE', 405, 'MethodNotAllowed');
    const report = await check();
    expect(report.ok).toBe(true);
    expect(finding(report, 'store-abort')).toMatchObject({
      status: 'warn',
      message:
        'The store did not take an upload back (MethodNotAllowed, HTTP 405): look into the log of the store, and of the proxy before it.',
    });
  });
});

describe('CORS, seen from the command line', () => {
  const without = (name: string) => (headers: Map<string, string>) => void headers.delete(name);
  const exposeWithout = (name: string) => (headers: Map<string, string>) => {
    const names = (headers.get('access-control-expose-headers') ?? '').split(', ').filter((one) => one !== name);
    headers.set('access-control-expose-headers', names.join(', '));
  };

  test('missing on the VOD side', async () => {
    vod.faults.headers = without('access-control-allow-origin');
    expect(onlyFailure(await check({}, { origin: ORIGIN, probe: false }))).toBe(
      `vod-cors: 127.0.0.1:${vod.port} answers, but pages of ${ORIGIN} may not read it: Access-Control-Allow-Origin is nothing: let the VOD service, or the proxy before it, answer with Access-Control-Allow-Origin: ${ORIGIN} or *, once.`,
    );
  });

  test('sent twice, by server and proxy', async () => {
    vod.faults.headers = (headers) => headers.set('access-control-allow-origin', '*, *');
    expect(finding(await check({}, { origin: ORIGIN, probe: false }), 'vod-cors').message).toContain(
      'Access-Control-Allow-Origin is *, *: let',
    );
  });

  test('missing on the data plane', async () => {
    store.faults.headers = without('access-control-allow-origin');
    expect(onlyFailure(await check({}, { origin: ORIGIN }))).toMatch(
      /^store-cors: The store at sluice-uploads\.oss\.localhost:\d+ answers, but pages of https:\/\/app\.example\.com may not read it: Access-Control-Allow-Origin is nothing: add https:\/\/app\.example\.com to the CORS rules of the bucket, or let the proxy before the store send the header, once\.$/,
    );
  });

  test.each([
    ['expose-etag', 'ETag', 'fail', 'so no upload can be completed'],
    ['expose-crc64', 'x-oss-hash-crc64ecma', 'warn', 'so bytes that change on the way are not noticed'],
    ['expose-request-id', 'x-oss-request-id', 'warn', 'so errors cannot be found in the log of the store'],
  ] as const)('%s', async (id, header, status, consequence) => {
    store.faults.headers = exposeWithout(header);
    expect(finding(await check({}, { origin: ORIGIN }), id)).toMatchObject({
      status,
      message: `Pages may not read ${header} of the store's answers, ${consequence}: add ${header} to ExposeHeader (Access-Control-Expose-Headers) of its CORS rules.`,
    });
  });

  test('an ETag that a proxy removes altogether', async () => {
    store.faults.headers = without('etag');
    expect(onlyFailure(await check())).toBe(
      'expose-etag: The store answers a part without ETag, so no upload can be completed: look for a proxy before the store that removes headers.',
    );
  });

  test('a preflight that refuses a header, a method, or everything', async () => {
    store.faults.headers = (headers, { method }) => {
      if (method !== 'OPTIONS') return;
      headers.set('access-control-allow-origin', '*');
      headers.set('access-control-allow-headers', 'authorization, content-type, x-oss-date, x-oss-content-sha256');
      headers.set('access-control-allow-methods', 'GET, PUT');
    };
    expect(onlyFailure(await check({}, { origin: ORIGIN }))).toMatch(
      /^store-preflight: Preflights of the store at \S+ do not allow DELETE, x-oss-security-token: add DELETE, x-oss-security-token to AllowedMethod \(Access-Control-Allow-Methods\) and AllowedHeader \(Access-Control-Allow-Headers\) of its CORS rules\.$/,
    );
    store.faults = { answer: ({ method }) => (method === 'OPTIONS' ? { status: 405 } : undefined) };
    expect(onlyFailure(await check({}, { origin: ORIGIN }))).toMatch(
      /^store-preflight: The store at \S+ refuses preflights \(HTTP 405\): let the CORS rules of the bucket, or the proxy before it, answer OPTIONS with 2xx\.$/,
    );
  });
});

describe('auth(): the application makes the media', () => {
  const auth = async ({ kind, videoId }: { kind: string; videoId?: string | undefined }): Promise<UploadGrant> => {
    const answer =
      kind === 'refresh-video'
        ? await callVod(server, 'RefreshUploadVideo', { VideoId: videoId ?? '' })
        : await callVod(server, 'CreateUploadVideo', { Title: 'sluice-doctor', FileName: 'sluice-doctor.mp4' });
    return answer.body as unknown as UploadGrant;
  };

  test('passes, and says what remains', async () => {
    const report = await check({ auth });
    expect(failed(report)).toEqual([]);
    expect(finding(report, 'vod-reachable').status).toBe('skipped');
    expect(finding(report, 'grant-renewal').message).toBe('auth() renews the credential of a file.');
    expect(finding(report, 'cleanup').message).toMatch(
      /remains, since only your back end may delete it: delete it there, each check makes one\.$/,
    );
  });

  test('that fails, answers half, or does not renew', async () => {
    const throws = async (): Promise<UploadGrant> => {
      throw new Error('no session');
    };
    expect(onlyFailure(await check({ auth: throws }))).toBe(
      'grant: auth() failed (no session): look into the log of your back end; it has to answer with what CreateUploadVideo gave it.',
    );
    expect(onlyFailure(await check({ auth: async () => ({}) as UploadGrant }))).toBe(
      'grant: auth() answered without UploadAuth: hand the answer of CreateUploadVideo through as it is.',
    );
    expect(onlyFailure(await check({ auth: async () => ({ UploadAuth: 'x', UploadAddress: 'y' }) }))).toBe(
      'grant: The UploadAuth of auth() is not base64 of the expected JSON: hand the answer of CreateUploadVideo through as it is.',
    );
    const once = async (context: { kind: string }): Promise<UploadGrant> => {
      if (context.kind === 'refresh-video') throw new Error('not built yet');
      return auth(context);
    };
    expect(onlyFailure(await check({ auth: once }))).toBe(
      'grant-renewal: auth() failed for `refresh-video` (not built yet), so long and resumed uploads break off: call RefreshUploadVideo for `videoId` in your back end, and look into its log.',
    );
  });
});

test('a check that is canceled rejects, and takes back what it began', async () => {
  const controller = new AbortController();
  const before = server.requests.length;
  const run = checkUpload(
    { endpoint: endpoint(), credentials },
    { probe: true, signal: controller.signal, onFinding: ({ id }) => id === 'store-part' && controller.abort() },
  );
  await expect(run).rejects.toMatchObject({ code: 'Canceled' });
  await server.logged((r) => server.requests.indexOf(r) >= before && r.operation === 'AbortMultipartUpload');
});

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function sluiceDoctor(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn(process.execPath, [cli, 'doctor', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

describe('sluice doctor', () => {
  test('says that all is well', async () => {
    const run = await sluiceDoctor(['--endpoint', server.api, '--origin', `${ORIGIN}/upload`]);
    expect([run.code, run.err]).toEqual([0, '']);
    expect(run.out).toMatch(/^ok {4}VOD endpoint +127\.0\.0\.1:\d+ answers\.$/m);
    expect(run.out).toMatch(/26 checks passed, 3 skipped\.\n$/);
  });

  test('prints JSON', async () => {
    const run = await sluiceDoctor(['--endpoint', server.api, '--no-probe', '--json']);
    expect(run.code).toBe(0);
    const report = JSON.parse(run.out) as CheckReport;
    expect(report.ok).toBe(true);
    expect(report.findings[0]).toEqual({
      id: 'options',
      title: 'Options',
      status: 'ok',
      message: 'The options can be used.',
    });
  });

  test('exit codes mean what they mean elsewhere', async () => {
    const nobody = await sluiceDoctor(['--endpoint', 'http://127.0.0.1:9']);
    expect(nobody.code).toBe(1);
    expect(nobody.out).toContain('FAIL  VOD endpoint              Nothing listens at 127.0.0.1:9');
    expect(nobody.out).toMatch(/2 of 29 checks failed: uploads will fail\.\n$/);
    expect((await sluiceDoctor(['--origin', 'nonsense'])).code).toBe(2);
    expect((await sluiceDoctor(['--part-size', '0'])).code).toBe(2);
    const guarded = await startServer({ args: ['--app-key', 'a-key-of-sixteen-characters'] });
    const denied = await sluiceDoctor(['--endpoint', guarded.api]);
    const allowed = await sluiceDoctor(['--endpoint', guarded.api, '--app-key', 'a-key-of-sixteen-characters']);
    await guarded.stop();
    expect(denied.code).toBe(4);
    expect(denied.out).toContain('gives no token (HTTP 401); check --app-key)');
    expect(allowed.code).toBe(0);
  });
});
