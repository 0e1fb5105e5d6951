import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';

let room: ControlRoom;
beforeAll(async () => {
  room = await controlRoom();
});
afterAll(() => room.close());

const answerTo = async (keys: Keys, action: string, params: Readonly<Record<string, string>>) => {
  const { status, body } = await room.call(keys, action, params);
  const { RequestId: _, ...rest } = body;
  return { status, ...rest };
};

/** Sealed anew every time, so that only its length could tell anything. */
const sealedLength = (answer: Refusal) => answer.AccessDeniedDetail?.EncodedDiagnosticMessage?.length;
const unsealed = ({ AccessDeniedDetail: { EncodedDiagnosticMessage: _, ...detail } = {}, ...rest }: Refusal) => ({
  ...rest,
  ...detail,
});
interface Refusal {
  readonly status: number;
  readonly AccessDeniedDetail?: Readonly<Record<string, string>>;
}

describe('who may not ask learns nothing of who is there', () => {
  const QUESTIONS: readonly (readonly [string, string, string])[] = [
    ...['GetUser', 'DeleteUser', 'ListAccessKeys', 'CreateAccessKey', 'ListGroupsForUser', 'ListPoliciesForUser'].map(
      (action) => [action, 'UserName', 'appserver'] as const,
    ),
    ...['GetRole', 'DeleteRole', 'ListPoliciesForRole'].map((action) => [action, 'RoleName', 'sluice-upload'] as const),
    ['GetGroup', 'GroupName', 'staff'],
    ['DeleteGroup', 'GroupName', 'staff'],
  ];
  test.each(QUESTIONS)(
    '%s: the same refusal for one that is there and one that is not',
    async (action, name, known) => {
      if (known === 'staff') await room.call(await admin(), 'CreateGroup', { GroupName: 'staff' });
      const nobody = await room.user(`nobody-${action}`);
      const there = await answerTo(nobody, action, { [name]: known });
      const absent = await answerTo(nobody, action, { [name]: 'ghost' });
      expect(there.status).toBe(403);
      expect(JSON.stringify(unsealed(absent))).toBe(JSON.stringify(unsealed(there)).replaceAll(known, 'ghost'));
      expect(sealedLength(absent), 'the length of what is sealed tells it').toBe(sealedLength(there));
    },
  );
  let made: Promise<Keys> | undefined;
  const admin = () => {
    made ??= room.user('enumeration-admin', allow('*'));
    return made;
  };

  test('an anonymous caller is told of no entity at all', async () => {
    for (const [action, name, known] of QUESTIONS) {
      const raw = room.sign(await admin(), action, {});
      const ask = async (value: string) => {
        const target = `/?Action=${action}&Version=2015-05-01&Format=JSON&${name}=${value}`;
        const { status, body } = await room.send({ ...raw, target });
        return [status, body.Code, body.Message];
      };
      const there = await ask(known);
      expect(there[0], action).toBeGreaterThanOrEqual(400);
      expect(await ask('ghost'), action).toEqual(there);
    }
  });
});

describe('the confused deputy', () => {
  test('gets into a role that asks for an ExternalId with that one only, and never through another parameter', async () => {
    const user = await room.user('deputy', allow('sts:AssumeRole'));
    const trust = trusting(`acs:ram::${room.accountId}:user/deputy`, {
      StringEquals: { 'sts:ExternalId': 'customer-1' },
    });
    const { arn } = await room.role('external', trust);
    const assume = async (more: Readonly<Record<string, string>>) =>
      (await room.call(user, 'AssumeRole', { RoleArn: arn, RoleSessionName: 'deputy', ...more })).status;
    expect(await assume({ ExternalId: 'customer-1' })).toBe(200);
    for (const more of [
      {},
      { ExternalId: 'customer-2' },
      { ExternalId: 'CUSTOMER-1' },
      { ExternalId: 'customer-1,' },
      { externalid: 'customer-1' },
      { 'sts:ExternalId': 'customer-1' },
      { SourceIdentity: 'customer-1' },
    ]) {
      expect(await assume(more), JSON.stringify(more)).toBe(403);
    }
  });

  test('cannot widen what a role may by the session policy it chooses', async () => {
    const user = await room.user('wide', allow('sts:AssumeRole'));
    const trust = trusting(`acs:ram::${room.accountId}:user/wide`);
    const { arn } = await room.role('narrow', trust, [allow('vod:GetVideoInfo')]);
    const session = await room.session(user, { RoleArn: arn, RoleSessionName: 'wide', Policy: policyOf(allow('*')) });
    expect((await room.call(session, 'ListUsers')).body.Code).toBe('NoPermission');
    expect((await room.call(session, 'GetVideoInfo', { VideoId: '0'.repeat(32) })).status).toBe(404);
  });
});

describe('a chain of roles', () => {
  test('cannot drop or change the SourceIdentity it began with', async () => {
    const user = await room.user('chained', allow('sts:*'));
    const account = room.accountId;
    const one = await room.role('one', trusting(`acs:ram::${account}:user/chained`, undefined, 'sts:*'), [
      allow('sts:*'),
    ]);
    const two = await room.role('two', trusting(`acs:ram::${account}:role/one`, undefined, 'sts:*'), [allow('sts:*')]);
    const first = await room.session(user, { RoleArn: one.arn, SourceIdentity: 'alice' });
    const assume = (more: Readonly<Record<string, string>>) =>
      room.call(first, 'AssumeRole', { RoleArn: two.arn, RoleSessionName: 'next', ...more });
    const kept = await assume({});
    expect([kept.status, kept.body.SourceIdentity]).toEqual([200, 'alice']);
    expect((await assume({ SourceIdentity: '' })).body.SourceIdentity).toBe('alice');
    for (const other of ['bob', 'Alice', 'alice.']) {
      expect((await assume({ SourceIdentity: other })).status, other).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('secrets', () => {
  const sources = fileURLToPath(new URL('../..', import.meta.url));

  async function sourceFiles(directory: string): Promise<string[]> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !/[/\\](testing|node_modules|dist)[/\\]/.test(file));
  }

  /** `x.signature === y`, `secret !== given`: the time that takes tells how much of a guess was right. */
  const COMPARED =
    /(?:^|[^\w.])[\w.?()]*(?:signature|secret|proof|digest|hmac|mac|password|securityToken)\)?\s*[!=]==?\s*(?!undefined|null|''|"")[\w.]+|[\w.]+\s*[!=]==?\s*[\w.]*\b(?:signature|secret|proof|hmac|password|securityToken)\b/i;

  test('and signatures are compared in constant time: no === of one is in the sources', async () => {
    const found: string[] = [];
    const files = [...(await sourceFiles(join(sources, 'src'))), ...(await sourceFiles(join(sources, '../wire/src')))];
    expect(files.length).toBeGreaterThan(200);
    for (const file of files) {
      for (const [at, line] of (await readFile(file, 'utf8')).split('\n').entries()) {
        if (/^\s*(\*|\/\/|\/\*)/.test(line) || /typeof/.test(line)) continue;
        if (COMPARED.test(line) && !/(length|\.size|kind|scheme)\b/.test(line))
          found.push(`${file}:${at + 1}: ${line.trim()}`);
      }
    }
    expect(found).toEqual([]);
  });

  test('the look for them finds what it is to find', () => {
    for (const line of [
      'if (expected === signature)',
      'if (row.secret !== given)',
      'return given.proof == proof;',
      'a.securityToken === b',
    ]) {
      expect(COMPARED.test(line), line).toBe(true);
    }
    for (const line of ['if (secret === undefined)', 'signature.scheme', "if (password !== '')"]) {
      expect(COMPARED.test(line), line).toBe(false);
    }
  });

  test('every verifier of a signature is seen to use the constant-time comparison', async () => {
    for (const file of ['acs3', 'rpc-sha1', 'oss-v1', 'oss-v4']) {
      const text = await readFile(join(sources, '../wire/src', `${file}.ts`), 'utf8');
      const verifiers = text.match(/export function verify\w+/g) ?? [];
      const compared = text.match(/equalsConstantTime\(/g) ?? [];
      expect(compared.length, file).toBeGreaterThanOrEqual(verifiers.length);
    }
  });
});
