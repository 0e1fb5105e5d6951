import { parsePolicy } from '@sluice/policy';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../db/schema.js';
import { transact } from '../db/transact.js';
import { openTestDatabase } from '../testing/test-database.js';
import { insertAttachment, policiesAttachedTo } from './attachments.js';
import { keepSystemPolicies } from './keep-system-policies.js';
import { findPolicy, versionsOf } from './policies/policy-rows.js';
import { SYSTEM_POLICY_OWNER, systemPolicies } from './system-policies.js';

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.destroy());

const keep = (now: number, policies = systemPolicies) =>
  transact(db, (transaction) => keepSystemPolicies(transaction, now, policies));
const name = { owner: SYSTEM_POLICY_OWNER, name: 'P' };
const saying = (document: string, description = 'd') => [{ name: 'P', description, document }];

test('every document is one that the policy language takes', () => {
  for (const { document } of systemPolicies) expect(() => parsePolicy(document, 'identity')).not.toThrow();
  expect(new Set(systemPolicies.map((policy) => policy.name)).size).toBe(systemPolicies.length);
});

/** Of the documents that reference ram-sts 2.5 and 3.6 give; the others go by the name of their service. */
test('each allows what is published under its name, and no more', () => {
  const documents = Object.fromEntries(systemPolicies.map(({ name, document }) => [name, JSON.parse(document)]));
  const allowing = (...Action: readonly string[]) => ({
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: Action.length === 1 ? expect.toBeOneOf([Action[0], Action]) : Action, Resource: '*' },
    ],
  });
  expect(documents).toEqual({
    AdministratorAccess: allowing('*'),
    AliyunOSSFullAccess: allowing('oss:*'),
    AliyunOSSReadOnlyAccess: allowing('oss:Get*', 'oss:List*'),
    AliyunRAMFullAccess: allowing('ram:*'),
    AliyunRAMReadOnlyAccess: allowing('ram:Get*', 'ram:List*', 'ram:GenerateCredentialReport'),
    AliyunSTSAssumeRoleAccess: allowing('sts:AssumeRole'),
    AliyunVODFullAccess: allowing('vod:*'),
    AliyunVODPlayAuth: allowing('vod:GetPlayInfo', 'vod:GetVideoPlayAuth', 'vod:GetVideoPlayInfo', 'vod:GetVideoInfo'),
    AliyunVODReadOnlyAccess: allowing('vod:Get*', 'vod:Describe*', 'vod:Search*', 'vod:List*'),
    AliyunVODUploadAuth: allowing('vod:CreateUploadVideo', 'vod:RefreshUploadVideo', 'vod:CreateUploadImage'),
  });
});

test('keeping them again changes nothing', async () => {
  const all = async () => [
    await db.selectFrom('policies').selectAll().orderBy('policy_name').execute(),
    await db.selectFrom('policy_versions').selectAll().orderBy('policy_name').execute(),
  ];
  await keep(1);
  const first = await all();
  expect(first[0]).toHaveLength(systemPolicies.length);
  await keep(2);
  expect(await all()).toEqual(first);
});

test('a changed document is a new version that counts at once for those who have the policy', async () => {
  await keep(1, saying('old'));
  await insertAttachment(db, 'user:1', name, 1);
  await keep(2, saying('new', 'other'));
  expect(await policiesAttachedTo(db, 'user:1')).toEqual([
    expect.objectContaining({ document: 'new', default_version: 2, description: 'other', updated_at: 2 }),
  ]);
  for (let i = 0; i < 6; i++) await keep(3 + i, saying(`newer ${i}`));
  expect((await versionsOf(db, name)).map(({ version }) => version)).toEqual([4, 5, 6, 7, 8]);
});

test('one that this Sluice does not know stays', async () => {
  await keep(1, saying('old'));
  await keep(2);
  expect(await findPolicy(db, name)).toMatchObject({ document: 'old' });
});
