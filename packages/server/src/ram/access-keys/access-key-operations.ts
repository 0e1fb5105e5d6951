import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { Queryable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { Call, Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import { accessKeyId, userName } from '../fields.js';
import { RAM_LIMITS } from '../limits.js';
import { mayManageOwn } from '../preferences/security-preference.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { requireUser } from '../users/user-rows.js';
import {
  deleteAccessKeyRow,
  insertAccessKey,
  keysOfUser,
  newAccessKey,
  requireAccessKey,
  setAccessKeyStatus,
} from './access-key-rows.js';

interface Owner {
  readonly accountId: string;
  /** null: the account itself. */
  readonly userId: string | null;
}

const UserName = userName.optional();
const UserAccessKeyId = accessKeyId;

/** Without a name the caller itself is meant. @throws RpcError for a session, which has no keys */
function nameOf(given: string | undefined, { principal }: Call): string | undefined {
  if (given !== undefined || principal.kind === 'account') return given;
  if (principal.kind === 'user') return principal.userName;
  throw ramErrors.missing('UserName');
}

/** A root key has no user to name: it is a resource of the account. */
export const keyResourceOf = ({ UserName: given }: { UserName?: string | undefined }, call: Call): string => {
  const name = nameOf(given, call);
  return name === undefined ? '*' : `user/${name}`;
};

export async function keyOwnerOf(db: Queryable, given: string | undefined, call: Call): Promise<Owner> {
  const accountId = accountOf(call);
  const name = nameOf(given, call);
  return { accountId, userId: name === undefined ? null : (await requireUser(db, accountId, name)).user_id };
}

/** CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey. Reference: ram-sts 2.2. */
export function accessKeyOperations(parts: RamParts): readonly Operation[] {
  const { db } = parts;
  const selfService = (given: { UserName?: string | undefined }, call: Call) =>
    mayManageOwn(db, 'AllowUserToManageAccessKeys', given, call);
  return [
    ramOperation({
      name: 'CreateAccessKey',
      description: 'Creates an access key of a user, or of the caller. Its secret is shown this once.',
      input: z.object({ UserName }),
      resource: keyResourceOf,
      selfService,
      async handle(given, call) {
        const { row, secret } = await transact(db, async (transaction) => {
          const owner = await keyOwnerOf(transaction, given.UserName, call);
          const there = await keysOfUser(transaction, owner.accountId, owner.userId);
          if (there.length >= RAM_LIMITS.accessKeysPerUser) {
            throw ramErrors.limit('User.AccessKey', RAM_LIMITS.accessKeysPerUser);
          }
          const made = newAccessKey(parts, owner);
          call.note({ subject: `key:${made.row.access_key_id}` });
          await insertAccessKey(transaction, made.row);
          return made;
        });
        return {
          AccessKey: {
            AccessKeyId: row.access_key_id,
            AccessKeySecret: secret,
            Status: row.status,
            CreateDate: formatIso(row.created_at),
          },
        };
      },
    }),

    ramOperation({
      name: 'ListAccessKeys',
      description: 'Lists the access keys of a user, or of the caller; never a secret.',
      input: z.object({ UserName }),
      resource: keyResourceOf,
      selfService,
      async handle(given, call) {
        const { accountId, userId } = await keyOwnerOf(db, given.UserName, call);
        const keys = await keysOfUser(db, accountId, userId);
        return {
          AccessKeys: {
            AccessKey: keys.map((key) => ({
              AccessKeyId: key.access_key_id,
              Status: key.status,
              CreateDate: formatIso(key.created_at),
            })),
          },
        };
      },
    }),

    ramOperation({
      name: 'UpdateAccessKey',
      description: 'Disables an access key, or enables it again; counts from the next request on.',
      input: z.object({ UserName, UserAccessKeyId, Status: z.enum(['Active', 'Inactive']) }),
      resource: keyResourceOf,
      selfService,
      async handle(given, call) {
        await transact(db, async (transaction) => {
          const owner = await keyOwnerOf(transaction, given.UserName, call);
          await requireAccessKey(transaction, owner, given.UserAccessKeyId);
          await setAccessKeyStatus(transaction, given.UserAccessKeyId, given.Status);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'DeleteAccessKey',
      description: 'Deletes an access key for good.',
      input: z.object({ UserName, UserAccessKeyId }),
      resource: keyResourceOf,
      selfService,
      async handle(given, call) {
        await transact(db, async (transaction) => {
          const owner = await keyOwnerOf(transaction, given.UserName, call);
          await requireAccessKey(transaction, owner, given.UserAccessKeyId);
          await deleteAccessKeyRow(transaction, given.UserAccessKeyId);
        });
        return {};
      },
    }),
  ];
}
