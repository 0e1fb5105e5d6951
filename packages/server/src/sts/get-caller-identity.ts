import { roleSessionArn, rootArn, userArn } from '@sluice/wire';
import { z } from 'zod';
import { gatewayErrors } from '../rpc/gateway-errors.js';
import { type Operation, operation } from '../rpc/operation.js';
import { stsErrors } from './errors.js';

/**
 * GetCallerIdentity: who am I. Needs no permission, not even with a session policy that denies everything.
 * Reference: ram-sts 1.5, 6.3.
 */
export const getCallerIdentity: Operation = operation({
  product: 'sts',
  version: '2015-04-01',
  name: 'GetCallerIdentity',
  description: 'Tells who the caller is.',
  signed: true,
  input: z.object({}),
  invalid: (name) => gatewayErrors.invalidParameter(name, 'it does not fit this action.'),
  denied: stsErrors.noPermission,
  access: async () => [],
  async handle(_input, { principal }) {
    switch (principal.kind) {
      case 'account':
        return {
          IdentityType: 'Account',
          AccountId: principal.accountId,
          PrincipalId: principal.accountId,
          UserId: principal.accountId,
          Arn: rootArn(principal.accountId),
        };
      case 'user':
        return {
          IdentityType: 'RAMUser',
          AccountId: principal.accountId,
          PrincipalId: principal.userId,
          UserId: principal.userId,
          Arn: userArn(principal.accountId, principal.userName),
        };
      case 'session':
        return {
          IdentityType: 'AssumedRoleUser',
          AccountId: principal.accountId,
          PrincipalId: `${principal.roleId}:${principal.sessionName}`,
          RoleId: principal.roleId,
          Arn: roleSessionArn(principal.accountId, principal.roleName, principal.sessionName),
        };
      // An upload grant opens one object on the data plane, a token of an identity provider is no signature: here they are nobody.
      case 'federated':
      case 'upload-grant':
      case 'anonymous':
        throw stsErrors.noPermission({});
    }
  },
});
