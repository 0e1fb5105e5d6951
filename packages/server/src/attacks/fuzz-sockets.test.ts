import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../config.js';
import type { CredentialsFile } from '../installation.js';
import { startServer } from '../server.js';
import { recordedLog } from '../testing/fixed-parts.js';
import { type Keys, signedCall } from '../testing/signed-call.js';
import { fuzzSettings } from './testing/fuzz-settings.js';
import { fuzzSockets } from './testing/fuzz-sockets.js';

const COUNT = process.env.SLUICE_TEST_LONG ? 5000 : 300;

test('mutated signed requests over real connections: no other one succeeds, none is a fault', {
  timeout: 600_000,
}, async () => {
  const data = await mkdtemp(join(tmpdir(), 'sluice-fuzz-'));
  const settings = { data: join(data, 'data'), api: '127.0.0.1:0', oss: '127.0.0.1:0', logLevel: 'silent' };
  const server = await startServer(parseConfig(settings), { log: recordedLog() });
  try {
    const file = JSON.parse(await readFile(server.credentialsFile, 'utf8')) as CredentialsFile;
    const keys = await uploader(server.apiUrl, file);
    const fuzz = { ...fuzzSettings(COUNT), count: COUNT };
    const report = await fuzzSockets(server, { keys: [keys], bucket: file.bucket, roleArn: file.uploadRoleArn }, fuzz);
    console.log('fuzz over connections', JSON.stringify({ seed: fuzz.seed, ...report }));
    expect(report.sent).toBe(COUNT);
    expect(report.statuses['4xx'] ?? 0).toBeGreaterThan(COUNT / 4);
    expect(report.statuses['2xx'] ?? 0).toBeGreaterThan(0);
  } finally {
    await server.stop();
    await rm(data, { recursive: true });
  }
});

/** A session of the upload role: it may write objects, and ask who it is. */
async function uploader(apiUrl: string, { appServer, uploadRoleArn }: CredentialsFile): Promise<Keys> {
  const raw = signedCall(appServer, 'AssumeRole', { RoleArn: uploadRoleArn, RoleSessionName: 'fuzz' }, Date.now());
  const { Credentials } = (await (await fetch(`${apiUrl}${raw.target}`)).json()) as {
    Credentials: { AccessKeyId: string; AccessKeySecret: string; SecurityToken: string };
  };
  return {
    accessKeyId: Credentials.AccessKeyId,
    accessKeySecret: Credentials.AccessKeySecret,
    securityToken: Credentials.SecurityToken,
  };
}
