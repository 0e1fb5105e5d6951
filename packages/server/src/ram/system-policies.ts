/** Policies every account has. Documents from reference ram-sts 2.5 and 3.6. */
export interface SystemPolicy {
  readonly name: string;
  readonly description: string;
  readonly document: string;
}

export const SYSTEM_POLICY_OWNER = 'system';

const allow = (actions: readonly string[]): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });

export const systemPolicies: readonly SystemPolicy[] = [
  {
    name: 'AliyunSTSAssumeRoleAccess',
    description: 'Call AssumeRole of the Security Token Service.',
    document: allow(['sts:AssumeRole']),
  },
  {
    name: 'AliyunVODUploadAuth',
    description: 'Create and refresh media uploads: what an upload client calls.',
    document: allow(['vod:CreateUploadVideo', 'vod:RefreshUploadVideo', 'vod:CreateUploadImage']),
  },
  { name: 'AliyunVODFullAccess', description: 'Everything in VOD.', document: allow(['vod:*']) },
  {
    name: 'AliyunVODReadOnlyAccess',
    description: 'Read media in VOD.',
    document: allow(['vod:Get*', 'vod:Describe*', 'vod:Search*', 'vod:List*']),
  },
];
