/** `sluice ram lint`: what a policy document would be refused for, and what it probably does not mean. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from './support/command.js';
import { temporaryDirectory } from './support/server.js';

let directory: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => rm(directory, { recursive: true }));

async function lint(document: unknown, ...options: string[]) {
  const file = join(directory, 'policy.json');
  await writeFile(file, typeof document === 'string' ? document : JSON.stringify(document));
  const { code, out, err } = await runCommand(['ram', 'lint', file, ...options]);
  return { code, out: out.replaceAll(file, 'FILE'), err };
}
const policy = (...Statement: object[]) => ({ Version: '1', Statement });
const good = { Effect: 'Allow', Action: 'oss:PutObject', Resource: 'acs:oss:*:*:media/*' };
const odd = { ...good, Resource: ['acs:oss:*:*:media/*', 'acs:oss:*:*:media*'] };

test('a good document is a good document', async () => {
  expect(await lint(policy(good))).toEqual({ code: 0, out: 'FILE: nothing found\n', err: '' });
});

test('warnings name their place, and fail only where that is asked for', async () => {
  const line = /^FILE: warning bucket-wildcard at \/Statement\/0\/Resource\/1: "media\*" also matches other buckets/;
  expect(await lint(policy(odd))).toMatchObject({ code: 0, out: expect.stringMatching(line) });
  expect((await lint(policy(odd), '--strict')).code).toBe(1);
  const { code, out } = await lint(policy(odd), '--json');
  expect([code, JSON.parse(out)]).toMatchObject([
    0,
    { findings: [{ level: 'warning', code: 'bucket-wildcard', pointer: '/Statement/0/Resource/1' }] },
  ]);
});

test('what would be refused is an error, with its place', async () => {
  const unknown = await lint(policy({ ...good, Condition: { StringIs: { 'oss:Prefix': 'a' } } }));
  expect(unknown).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^FILE: error grammar at \/Statement\/0\/Condition\/StringIs: /),
  });
  const broken = await lint('{"Version":"1","\u001b[2J":');
  expect(broken.code).toBe(1);
  expect(broken.out).toMatch(/^FILE: error grammar/);
  expect(broken.out).not.toContain('\u001b');
  const long = policy({ ...good, Resource: `acs:oss:*:*:media/${'x'.repeat(3000)}` });
  expect((await lint(long)).code).toBe(0);
  expect(await lint(long, '--kind', 'session')).toMatchObject({
    code: 1,
    out: expect.stringMatching(
      /^FILE: error length: the document has \d+ characters, and a session policy at most 2048$/m,
    ),
  });
});

test('trust policies and bucket policies have their own grammar; a file that is not there is a wrong call', async () => {
  const trust = policy({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { RAM: 'acs:ram::1000000000000001:root' },
  });
  expect((await lint(trust, '--kind', 'trust')).code).toBe(0);
  expect((await lint(trust)).code).toBe(1);
  const bucket = policy({
    Effect: 'Allow',
    Action: 'oss:GetObject',
    Principal: ['*'],
    Resource: 'acs:oss:*:*:media/*',
  });
  expect((await lint(bucket, '--kind', 'resource')).code).toBe(0);
  const { code, err } = await runCommand(['ram', 'lint', join(directory, 'nowhere')]);
  expect([code, err]).toEqual([2, expect.stringContaining('the policy cannot be read')]);
});
