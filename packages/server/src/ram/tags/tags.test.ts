import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../../testing/control-room.js';

type Keys = Awaited<ReturnType<ControlRoom['rootKey']>>;
type Params = Readonly<Record<string, string>>;
type TagResource = Readonly<Record<'ResourceType' | 'ResourceName' | 'TagKey' | 'TagValue', string>>;

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

const ram = (action: string, params: Params = {}, keys: Keys = root) => room.call(keys, action, params);
const sound = async <T = Record<string, unknown>>(action: string, params: Params = {}): Promise<T> => {
  const answer = await ram(action, params);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body as unknown as T;
};
const code = async (action: string, params: Params = {}, keys: Keys = root) =>
  (await ram(action, params, keys)).body.Code;
const READ = policyOf(allow('vod:GetVideoInfo'));

const role = (RoleName: string, tags: Params = {}) =>
  sound('CreateRole', { RoleName, AssumeRolePolicyDocument: trusting(`acs:ram::${room.accountId}:root`), ...tags });
const policy = (PolicyName: string, tags: Params = {}) =>
  sound('CreatePolicy', { PolicyName, PolicyDocument: READ, ...tags });
const tagsOf = async (params: Params): Promise<string[]> => {
  const { TagResources } = await sound<{ TagResources: TagResource[] }>('ListTagResources', params);
  return TagResources.map((each) => `${each.ResourceName} ${each.TagKey}=${each.TagValue}`);
};
const roleNames = async (params: Params): Promise<string[]> => {
  const { Roles } = await sound<{ Roles: { Role: { RoleName: string }[] } }>('ListRoles', params);
  return Roles.Role.map((each) => each.RoleName);
};

describe('tags', () => {
  test('come with a role or a policy, in either form of lists', async () => {
    await role('written-out', { 'Tag.1.Key': 'team', 'Tag.1.Value': 'video', 'Tag.2.Key': 'empty' });
    await role('as-json', { Tag: '[{"Key":"team","Value":"audio"}]' });
    await policy('P', { 'Tag.1.Key': 'team', 'Tag.1.Value': 'video' });
    expect(await tagsOf({ ResourceType: 'role' })).toEqual([
      'as-json team=audio',
      'written-out empty=',
      'written-out team=video',
    ]);
    expect(await tagsOf({ ResourceType: 'policy' })).toEqual(['P team=video']);
  });

  test('are added, changed and taken off', async () => {
    await role('a');
    await role('b');
    const both = { ResourceType: 'role', 'ResourceNames.1': 'a', 'ResourceNames.2': 'b' };
    await sound('TagResources', {
      ...both,
      'Tag.1.Key': 'k',
      'Tag.1.Value': '1',
      'Tag.2.Key': 'm',
      'Tag.2.Value': '2',
    });
    await sound('TagResources', { ResourceType: 'role', ResourceNames: '["a"]', Tag: '[{"Key":"k","Value":"new"}]' });
    expect(await tagsOf({ ResourceType: 'role' })).toEqual(['a k=new', 'a m=2', 'b k=1', 'b m=2']);
    await sound('UntagResources', { ...both, 'TagKeys.1': 'm' });
    expect(await tagsOf({ ResourceType: 'role' })).toEqual(['a k=new', 'b k=1']);
    await sound('UntagResources', { ResourceType: 'role', ResourceNames: '["b"]', All: 'true' });
    expect(await tagsOf({ ResourceType: 'role', 'ResourceNames.1': 'a', 'ResourceNames.2': 'b' })).toEqual(['a k=new']);
  });

  test('filter lists: all of them have to be there, with their values where those are given', async () => {
    await role('a', { 'Tag.1.Key': 'env', 'Tag.1.Value': 'prod', 'Tag.2.Key': 'team', 'Tag.2.Value': 'x' });
    await role('b', { 'Tag.1.Key': 'env', 'Tag.1.Value': 'test', 'Tag.2.Key': 'team', 'Tag.2.Value': 'x' });
    await policy('P', { 'Tag.1.Key': 'env', 'Tag.1.Value': 'prod' });
    expect(await roleNames({ 'Tag.1.Key': 'env' })).toEqual(['a', 'b']);
    expect(await roleNames({ 'Tag.1.Key': 'env', 'Tag.1.Value': 'prod', 'Tag.2.Key': 'team' })).toEqual(['a']);
    expect(await roleNames({ 'Tag.1.Key': 'env', 'Tag.1.Value': 'pro' })).toEqual([]);
    const { Policies } = await sound<{ Policies: { Policy: { PolicyName: string; Tags: object }[] } }>('ListPolicies', {
      Tag: '[{"Key":"env","Value":"prod"}]',
    });
    expect(Policies.Policy).toEqual([
      expect.objectContaining({ PolicyName: 'P', Tags: { Tag: [{ TagKey: 'env', TagValue: 'prod' }] } }),
    ]);
    expect(await tagsOf({ ResourceType: 'role', 'Tag.1.Key': 'env', 'Tag.1.Value': 'test' })).toEqual([
      'b env=test',
      'b team=x',
    ]);
  });

  test('turn pages that neither repeat nor skip', async () => {
    for (const name of ['a', 'b', 'c']) {
      await role(name, { 'Tag.1.Key': 'k/1', 'Tag.1.Value': name, 'Tag.2.Key': 'k/2', 'Tag.2.Value': name });
    }
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await sound<{ TagResources: TagResource[]; NextToken?: string }>('ListTagResources', {
        ResourceType: 'role',
        PageSize: '2',
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      expect(page.TagResources.length).toBeLessThanOrEqual(2);
      seen.push(...page.TagResources.map((each) => `${each.ResourceName} ${each.TagKey}`));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(seen).toEqual(['a k/1', 'a k/2', 'b k/1', 'b k/2', 'c k/1', 'c k/2']);
  });

  test('die with what they are on, also for one of the same name made anew', async () => {
    await role('r', { 'Tag.1.Key': 'k' });
    await policy('P', { 'Tag.1.Key': 'k' });
    await sound('DeleteRole', { RoleName: 'r' });
    await sound('DeletePolicy', { PolicyName: 'P' });
    await role('r');
    await policy('P');
    expect(await tagsOf({ ResourceType: 'role' })).toEqual([]);
    expect(await tagsOf({ ResourceType: 'policy' })).toEqual([]);
    expect(await room.db.selectFrom('resource_tags').selectAll().execute()).toEqual([]);
  });

  test('are twenty on one thing at most, also when they come at the same time; one too many changes nothing', async () => {
    await role('r');
    await role('s');
    const tag = (key: string) => ({ ResourceType: 'role', 'ResourceNames.1': 'r', 'Tag.1.Key': key });
    const codes = await Promise.all(Array.from({ length: 30 }, (_, i) => code('TagResources', tag(`k${i}`))));
    expect(codes.filter((each) => each === undefined)).toHaveLength(20);
    expect(codes.filter((each) => each === 'LimitExceeded.Role.Tag')).toHaveLength(10);
    const both = { ...tag('late'), 'ResourceNames.1': 's', 'ResourceNames.2': 'r' };
    expect(await code('TagResources', both)).toBe('LimitExceeded.Role.Tag');
    expect(await tagsOf({ ResourceType: 'role', 'ResourceNames.1': 's' })).toEqual([]);
  });

  test('need the permission for every name', async () => {
    await role('mine');
    await role('other');
    const clerk = await room.user('clerk', allow('ram:TagResources', `acs:ram:*:${room.accountId}:role/mine`));
    const tag = { ResourceType: 'role', 'ResourceNames.1': 'mine', 'Tag.1.Key': 'k' };
    expect(await code('TagResources', tag, clerk)).toBeUndefined();
    expect(await code('TagResources', { ...tag, 'ResourceNames.2': 'other' }, clerk)).toBe('NoPermission');
    expect(await code('ListTagResources', { ResourceType: 'role' }, clerk)).toBe('NoPermission');
  });

  const R = { ResourceType: 'role', 'ResourceNames.1': 'sluice-upload' };
  const many = (of: string, count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`${of}.${i + 1}${of === 'Tag' ? '.Key' : ''}`, `n${i}`]),
    );
  test.each<[string, Params, string]>([
    ['TagResources', R, 'MissingTag'],
    ['TagResources', { ...R, Tag: '[]' }, 'InvalidParameter.Tag.Length'],
    ['TagResources', { ...R, Tag: 'no json' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, Tag: '{"Key":"k"}' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, Tag: '[{"Key":1}]' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, Tag: '[{"Key":"a\\u0000b"}]' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, Tag: '[{"Key":"k","Value":"\\ud800"}]' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, 'Tag.1.Value': 'v' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, Tag: '[{"Key":"a"}]', 'Tag.1.Key': 'b' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, 'Tag.1.Key': 'k'.repeat(129) }, 'InvalidParameter.Tag.Length'],
    ['TagResources', { ...R, 'Tag.1.Key': 'k', 'Tag.1.Value': 'v'.repeat(257) }, 'InvalidParameter.Tag.Length'],
    ['TagResources', { ...R, 'Tag.1.Key': 'k', 'Tag.2.Key': 'k' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, 'Tag.1.Key': 'acs:mine' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, 'Tag.1.Key': 'k', 'Tag.1.Value': 'https://x' }, 'InvalidParameter.Tag.Format'],
    ['TagResources', { ...R, ...many('Tag', 21) }, 'InvalidParameter.Tag.Length'],
    ['TagResources', { ResourceType: 'role', 'Tag.1.Key': 'k' }, 'MissingResourceNames'],
    ['TagResources', { ...R, ...many('ResourceNames', 51), 'Tag.1.Key': 'k' }, 'InvalidParameter.ResourceNames.Length'],
    ['TagResources', { ...R, ResourceType: 'user', 'Tag.1.Key': 'k' }, 'InvalidParameter.ResourceType.Format'],
    ['TagResources', { ...R, 'ResourceNames.1': 'ghost', 'Tag.1.Key': 'k' }, 'EntityNotExist.Role'],
    [
      'TagResources',
      { ResourceType: 'policy', 'ResourceNames.1': 'AliyunVODFullAccess', 'Tag.1.Key': 'k' },
      'EntityNotExist.Policy',
    ],
    ['UntagResources', R, 'MissingTagKeys'],
    ['UntagResources', { ...R, ...many('TagKeys', 21) }, 'InvalidParameter.TagKeys.Length'],
    ['ListTagResources', { ResourceType: 'role', PageSize: '101' }, 'InvalidParameter.PageSize.Range'],
    ['ListTagResources', { ResourceType: 'role', NextToken: '*' }, 'InvalidParameter.NextToken'],
    ['ListRoles', { 'Tag.1.Value': 'v' }, 'InvalidParameter.Tag.Format'],
    ['CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: '{}', Tag: 'x' }, 'InvalidParameter.Tag.Format'],
  ])('%s %j is refused as %s', async (action, params, expected) => {
    expect(await code(action, params)).toBe(expected);
  });
});
