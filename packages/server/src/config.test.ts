import { describe, expect, test } from 'vitest';
import { ConfigInvalid, isLoopback, parseAddress, parseConfig } from './config.js';

const refusal = (given: Record<string, unknown>): string => {
  try {
    parseConfig(given);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalid);
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

describe('a configuration', () => {
  test('may be empty: everything has a default', () => {
    expect(parseConfig({})).toEqual({
      data: '.sluice',
      database: 'sqlite',
      databaseSchema: 'public',
      databaseConnections: 10,
      databaseTimeout: 30,
      api: { host: '127.0.0.1', port: 8400 },
      oss: { host: '127.0.0.1', port: 8401 },
      ossDomain: 'oss.localhost',
      tlsSelfSigned: false,
      region: 'cn-shanghai',
      stsMinDuration: 900,
      uploadAuthSeconds: 3000,
      instantUpload: true,
      stsPerSecond: 100,
      unsignedPerSecond: 100,
      trustedProxies: { includes: expect.any(Function) },
      oidcProviderAllow: [],
      uploadCallbackAllow: [],
      lifecycleSeconds: 3600,
      abandonedUploadDays: 30,
      scrubRate: 8,
      scrubDays: 7,
      storage: 'disk',
      s3Region: 'us-east-1',
      s3Prefix: 'sluice/',
      s3Connections: 256,
      auditDays: 0,
      auditReads: false,
      logLevel: 'info',
    });
  });

  test('takes texts, as environment and command line give them', () => {
    expect(
      parseConfig({ stsMinDuration: '2', uploadAuthSeconds: '5', tlsSelfSigned: 'true', api: '[::1]:0' }),
    ).toMatchObject({
      stsMinDuration: 2,
      uploadAuthSeconds: 5,
      tlsSelfSigned: true,
      api: { host: '::1', port: 0 },
    });
  });

  test.each([
    ['on', true],
    ['off', false],
    [false, false],
  ])('takes %s for a switch', (instantUpload, taken) => {
    expect(parseConfig({ instantUpload }).instantUpload).toBe(taken);
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ instantUpload: 'perhaps' }, /^setting instantUpload: expected on or off$/],
    [{ scrubRate: null }, /^setting scrubRate: /],
    [{ abandonedUploadDays: '' }, /^setting abandonedUploadDays: /],
    [{ auditDays: true }, /^setting auditDays: /],
    [{ databaseConnections: [5] }, /^setting databaseConnections: /],
    [{ ossUrl: 'films.example' }, /^setting ossUrl: expected a URL that begins with http/],
    [
      { storage: 's3', s3Bucket: 'media', s3Endpoint: 'store' },
      /^setting s3Endpoint: expected a URL that begins with http/,
    ],
    [{ colour: 'blue' }, /^unknown setting colour$/],
    [{ 'oss-domain': 'oss.example.com' }, /^unknown setting oss-domain; it is written ossDomain$/],
    [{ SLUICE_AUDIT_DAYS: 5 }, /^unknown setting SLUICE_AUDIT_DAYS; it is written auditDays$/],
    [{ api: 8400 }, /^setting api: expected a text; in a file, in quotes$/],
    [{ region: null }, /^setting region: expected a text; in a file, in quotes$/],
    [
      { uploadCallbackAllow: '127.0.0.1, a b' },
      /^setting uploadCallbackAllow: expected a host, address or network, got "a b"$/,
    ],
    [{ data: '' }, /^setting data: /],
    [{ database: 'mysql://h/d' }, /^setting database: expected "sqlite" or postgres:/],
    [{ database: 'postgres://u:a/b@h/d' }, /^setting database: it is not a URL; letters of the password/],
    [{ database: 'postgres://u:a#b@h/d' }, /^setting database: (?!.*a#b)/],
    [{ database: 'postgres://u:p@h' }, /^setting database: it names no database/],
    [{ database: 'postgres://u:p@h/d?sslmode=prefer' }, /^setting database: sslmode is one of disable, require/],
    [{ database: 'postgres://u:p@h/d?statement_timeout=0' }, /^setting database: it has a parameter that is not known/],
    [{ database: 'postgres://u:p@h/d?sslmode=verify-ca' }, /^setting database: sslmode=verify-ca needs sslrootcert/],
    [{ databaseSchema: 'a"b' }, /^setting databaseSchema: expected a lower-case name/],
    [{ databaseConnections: 0 }, /^setting databaseConnections: /],
    [{ api: '8400' }, /^setting api: expected host:port, got "8400"$/],
    [{ oss: 'h:65536' }, /^setting oss: expected host:port/],
    [
      { ossDomain: 'OSS.example.com' },
      /^setting ossDomain: expected a lower-case domain name, without scheme and port, and no address/,
    ],
    [{ ossDomain: 'a..b' }, /^setting ossDomain: /],
    [{ ossDomain: '-a.b' }, /^setting ossDomain: /],
    [{ ossDomain: '127.0.0.1' }, /^setting ossDomain: /],
    [{ ossUrl: 'ftp://oss.example.com' }, /^setting ossUrl: /],
    [{ ossUrl: 'https://oss.example.com/path' }, /^setting ossUrl: expected scheme, host and port only$/],
    [{ ossUrl: 'https://user@oss.example.com' }, /^setting ossUrl: /],
    [{ tlsCert: 'c.pem' }, /^setting tlsCert: tlsCert and tlsKey go together$/],
    [{ tlsKey: 'k.pem' }, /^setting tlsCert: tlsCert and tlsKey go together$/],
    [
      { tlsSelfSigned: true, tlsCert: 'c', tlsKey: 'k' },
      /^setting tlsSelfSigned: choose tlsSelfSigned or tlsCert, not both$/,
    ],
    [{ region: 'Shanghai!' }, /^setting region: expected the name of a region, like cn-shanghai$/],
    [{ stsMinDuration: 0 }, /^setting stsMinDuration: /],
    [{ stsMinDuration: 3601 }, /^setting stsMinDuration: /],
    [{ stsMinDuration: '900.5' }, /^setting stsMinDuration: /],
    [{ stsMinDuration: 'soon' }, /^setting stsMinDuration: expected a whole number from 1 to 3600, got "soon"$/],
    [{ uploadAuthSeconds: 43_201 }, /^setting uploadAuthSeconds: /],
    [{ lifecycleSeconds: 0 }, /^setting lifecycleSeconds: /],
    [{ abandonedUploadDays: -1 }, /^setting abandonedUploadDays: /],
    [{ stsPerSecond: 0 }, /^setting stsPerSecond: /],
    [{ stsPrincipalPerSecond: 0 }, /^setting stsPrincipalPerSecond: /],
    [{ unsignedPerSecond: 0 }, /^setting unsignedPerSecond: /],
    [
      { trustedProxies: '10.0.0.1, proxy' },
      /^setting trustedProxies: expected addresses or networks, comma-separated, got /,
    ],
    [{ tokenSeconds: 3601 }, /^setting tokenSeconds: /],
    [{ appKey: 'short' }, /^setting appKey: expected 16 to 256 letters/],
    [{ appKey: 'sixteen and more blanks' }, /^setting appKey: expected .*without blanks$/],
    [{ appKey: 'schlüssel-der-türen' }, /^setting appKey: expected .*ASCII/],
    [{ callbackUrl: 'receiver.test' }, /^setting callbackUrl: /],
    [{ s3Endpoint: 'ceph:7480' }, /^setting s3Endpoint: /],
    [{ callbackUrl: 'file:///etc/passwd' }, /^setting callbackUrl: /],
    [
      { callbackUrl: 'https://me:secret-word@receiver.test/' },
      /^setting callbackUrl: no user name and password: (?!.*secret)/,
    ],
    [{ callbackUrl: `http://receiver.test/${'x'.repeat(240)}` }, /^setting callbackUrl: at most 256 bytes$/],
    [{ callbackAuthKey: 'x'.repeat(33) }, /^setting callbackAuthKey: /],
    [{ storage: 'tape' }, /^setting storage: /],
    [{ storage: 's3' }, /^setting s3Bucket: storage "s3" needs the name of a bucket$/],
    [{ s3Bucket: 'a/b' }, /^setting s3Bucket: expected the name of a bucket$/],
    [{ s3Endpoint: 'store:9000' }, /^setting s3Endpoint: /],
    [{ s3Endpoint: 'http://key:secret@store' }, /^setting s3Endpoint: expected scheme, host and port only$/],
    [{ s3Prefix: '/media' }, /^setting s3Prefix: expected folders/],
    [{ s3Prefix: 'media' }, /^setting s3Prefix: expected folders/],
    [{ s3Prefix: '../' }, /^setting s3Prefix: no "\." or "\.\." as a folder$/],
    [{ s3AccessKeyId: 'k' }, /^setting s3AccessKeyId: s3AccessKeyId and its secret go together$/],
    [{ s3SecretAccessKey: 'hidden' }, /^setting s3AccessKeyId: s3AccessKeyId and its secret go together$/],
    [
      { s3AccessKeyId: 'k', s3SecretAccessKey: 's', s3SecretAccessKeyFile: 'f' },
      /^setting s3SecretAccessKeyFile: choose/,
    ],
    [{ s3Connections: 0 }, /^setting s3Connections: /],
    [{ logLevel: 'loud' }, /^setting logLevel: /],
  ])('%j is refused in one line that names the setting', (given, line) => {
    const message = refusal(given);
    expect(message).toMatch(line);
    expect(message).not.toContain('\n');
  });

  test('names a store of its own', () => {
    const given = {
      storage: 's3',
      s3Endpoint: 'http://127.0.0.1:7480',
      s3Bucket: 'media',
      s3Prefix: '',
      s3AccessKeyId: 'k',
      s3SecretAccessKeyFile: '/run/secrets/s3',
      s3PathStyle: 'false',
    };
    expect(parseConfig(given)).toMatchObject({ ...given, s3PathStyle: false });
  });

  test.each(['oss.example.com', 'localhost', 'a.b-c.d1', '1a.example'])('takes the domain %s', (ossDomain) => {
    expect(parseConfig({ ossDomain }).ossDomain).toBe(ossDomain);
  });

  test.each([
    ['https://oss.example.com', 'https://oss.example.com'],
    ['http://oss.example.com:8443/', 'http://oss.example.com:8443'],
    ['HTTPS://OSS.example.com:443', 'https://oss.example.com'],
  ])('takes the public URL %s', (ossUrl, origin) => {
    expect(parseConfig({ ossUrl }).ossUrl).toBe(origin);
  });
});

describe('an address', () => {
  test.each([
    ['127.0.0.1:8400', { host: '127.0.0.1', port: 8400 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::]:65535', { host: '::', port: 65_535 }],
  ])('%s is taken', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  test.each(['', ':80', 'h', 'h:', 'h:x', 'h:-1', 'h:123456', '::1:80', '[h]:80', 'http://h:80', 'h:80/', 'h :80'])(
    '%j is none',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe('loopback', () => {
  test.each(['127.0.0.1', '127.8.8.8', 'localhost', 'api.localhost', '::1'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  test.each(['0.0.0.0', '::', '192.168.0.1', '127.0.0.1.example.com', 'localhost.example.com', 'notlocalhost'])(
    'is not %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
