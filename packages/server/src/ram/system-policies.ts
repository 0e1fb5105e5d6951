/**
 * Policies every account has, with the documents that Alibaba Cloud publishes under their names (reference ram-sts 2.5, 3.6),
 * as far as they are about services that are here.
 */
export interface SystemPolicy {
  readonly name: string;
  readonly description: string;
  readonly document: string;
}

export const SYSTEM_POLICY_OWNER = 'system';
export const ADMINISTRATOR_ACCESS = 'AdministratorAccess';

const allow = (actions: string | readonly string[]): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });

export const systemPolicies: readonly SystemPolicy[] = [
  {
    name: ADMINISTRATOR_ACCESS,
    description: 'Everything: users, permissions, media and objects.',
    document: allow('*'),
  },
  { name: 'AliyunOSSFullAccess', description: 'Everything in OSS.', document: allow('oss:*') },
  {
    name: 'AliyunOSSReadOnlyAccess',
    description: 'Read and list buckets and objects in OSS.',
    document: allow(['oss:Get*', 'oss:List*']),
  },
  {
    name: 'AliyunRAMFullAccess',
    description: 'Everything in RAM: users, groups, roles, policies. Whoever has it can give themselves the rest.',
    document: allow('ram:*'),
  },
  {
    name: 'AliyunRAMReadOnlyAccess',
    description: 'Read users, groups, roles and policies in RAM.',
    document: allow(['ram:Get*', 'ram:List*', 'ram:GenerateCredentialReport']),
  },
  {
    name: 'AliyunSTSAssumeRoleAccess',
    description: 'Call AssumeRole of the Security Token Service.',
    document: allow(['sts:AssumeRole']),
  },
  { name: 'AliyunVODFullAccess', description: 'Everything in VOD.', document: allow(['vod:*']) },
  {
    name: 'AliyunVODPlayAuth',
    description: 'Ask VOD how media are played.',
    document: allow(['vod:GetPlayInfo', 'vod:GetVideoPlayAuth', 'vod:GetVideoPlayInfo', 'vod:GetVideoInfo']),
  },
  {
    name: 'AliyunVODReadOnlyAccess',
    description: 'Read media in VOD.',
    document: allow(['vod:Get*', 'vod:Describe*', 'vod:Search*', 'vod:List*']),
  },
  {
    name: 'AliyunVODUploadAuth',
    description: 'Create and refresh media uploads: what an upload client calls.',
    document: allow(['vod:CreateUploadVideo', 'vod:RefreshUploadVideo', 'vod:CreateUploadImage']),
  },
];
