import { z } from 'zod';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { keysOfUser } from '../access-keys/access-key-rows.js';
import { attachmentsOf, userPrincipal } from '../attachments.js';
import { ramErrors } from '../errors.js';
import { comments, displayName, email, mobilePhone, page, userName } from '../fields.js';
import { groupsOfUser } from '../groups/group-rows.js';
import { numericId } from '../ids.js';
import { RAM_LIMITS } from '../limits.js';
import { forgetPasswords } from '../login/login-profile-rows.js';
import { pageOf, readPage } from '../paging.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { showUser, showUserInFull } from './show-user.js';
import {
  countUsers,
  deleteUserRow,
  findUser,
  insertUser,
  pageOfUsers,
  requireUser,
  type User,
  updateUser,
} from './user-rows.js';

/** CreateUser, GetUser, UpdateUser, ListUsers, DeleteUser. Reference: ram-sts 2.2. */
export function userOperations({ db, clock, random, holdersOfUser }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'CreateUser',
      description: 'Creates a RAM user. It may do nothing until a policy is attached to it or to a group of it.',
      input: z.object({
        UserName: userName,
        DisplayName: displayName.optional(),
        MobilePhone: mobilePhone.optional(),
        Email: email.optional(),
        Comments: comments.optional(),
      }),
      resource: () => 'user/*',
      async handle(given, call) {
        const now = clock.now();
        const user: User = {
          user_id: numericId(random),
          account_id: accountOf(call),
          user_name: given.UserName,
          display_name: given.DisplayName ?? given.UserName,
          mobile_phone: given.MobilePhone ?? '',
          email: given.Email ?? '',
          comments: given.Comments ?? '',
          created_at: now,
          updated_at: now,
          last_login_at: null,
        };
        await transact(db, async (transaction) => {
          if (await findUser(transaction, user.account_id, user.user_name)) {
            throw ramErrors.exists('User', user.user_name);
          }
          if ((await countUsers(transaction, user.account_id)) >= RAM_LIMITS.users) {
            throw ramErrors.limit('User', RAM_LIMITS.users);
          }
          await insertUser(transaction, user);
        });
        return { User: showUser(user) };
      },
    }),

    ramOperation({
      name: 'GetUser',
      description: 'Shows a RAM user.',
      input: z.object({ UserName: userName }),
      resource: ({ UserName }) => `user/${UserName}`,
      async handle({ UserName }, call) {
        return { User: showUserInFull(await requireUser(db, accountOf(call), UserName)) };
      },
    }),

    ramOperation({
      name: 'UpdateUser',
      description: 'Changes the names and contacts of a RAM user. Its id, and so its keys and policies, stay.',
      input: z.object({
        UserName: userName,
        NewUserName: userName.optional(),
        NewDisplayName: displayName.optional(),
        NewMobilePhone: mobilePhone.optional(),
        NewEmail: email.optional(),
        NewComments: comments.optional(),
      }),
      // Under its new name it is another resource: who may not touch that one may not make it either.
      resource: ({ UserName, NewUserName }) =>
        NewUserName === undefined || NewUserName === UserName
          ? `user/${UserName}`
          : [`user/${UserName}`, `user/${NewUserName}`],
      async handle(given, call) {
        const account = accountOf(call);
        const updated = await transact(db, async (transaction) => {
          const user = await requireUser(transaction, account, given.UserName);
          const name = given.NewUserName ?? user.user_name;
          if (name !== user.user_name && (await findUser(transaction, account, name))) {
            throw ramErrors.exists('User', name);
          }
          const changed: User = {
            ...user,
            user_name: name,
            display_name: given.NewDisplayName ?? user.display_name,
            mobile_phone: given.NewMobilePhone ?? user.mobile_phone,
            email: given.NewEmail ?? user.email,
            comments: given.NewComments ?? user.comments,
            updated_at: clock.now(),
          };
          const { user_id, account_id: _, ...columns } = changed;
          await updateUser(transaction, user_id, columns);
          return changed;
        });
        return { User: showUserInFull(updated) };
      },
    }),

    ramOperation({
      name: 'ListUsers',
      description: 'Lists the RAM users of the account, by name.',
      input: z.object(page()),
      resource: () => 'user/*',
      async handle(given, call) {
        const asked = readPage(given);
        const rows = await pageOfUsers(db, accountOf(call), asked);
        const { shown, paging } = pageOf(rows, asked, (user) => user.user_name);
        return { ...paging, Users: { User: shown.map(showUserInFull) } };
      },
    }),

    ramOperation({
      name: 'DeleteUser',
      description: 'Deletes a RAM user that has no keys, groups, policies, password or MFA device any more.',
      input: z.object({ UserName: userName }),
      resource: ({ UserName }) => `user/${UserName}`,
      async handle({ UserName }, call) {
        const account = accountOf(call);
        await transact(db, async (transaction) => {
          const { user_id } = await requireUser(transaction, account, UserName);
          const keys = await keysOfUser(transaction, account, user_id);
          if (keys.length > 0)
            throw ramErrors.conflict(
              'User.AccessKey',
              keys.map((key) => key.access_key_id),
            );
          const groups = await groupsOfUser(transaction, user_id);
          if (groups.length > 0)
            throw ramErrors.conflict(
              'User.Group',
              groups.map((group) => group.group_name),
            );
          const policies = await attachmentsOf(transaction, userPrincipal(user_id));
          if (policies.length > 0)
            throw ramErrors.conflict(
              'User.Policy',
              policies.map((policy) => policy.policy_name),
            );
          for (const held of holdersOfUser) await held(transaction, user_id);
          await forgetPasswords(transaction, user_id);
          await deleteUserRow(transaction, user_id);
        });
        return {};
      },
    }),
  ];
}
