import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { DatabaseTransaction, Queryable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { UserPrincipal } from '../../gate/principal.js';
import type { Call, Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import { password, trueOrFalse, userName } from '../fields.js';
import { mayManageOwn } from '../preferences/security-preference.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { requireUser } from '../users/user-rows.js';
import { changePassword } from './change-password.js';
import { forgetAttempts, userSubject } from './login-attempts.js';
import {
  deleteLoginProfileRow,
  findLoginProfile,
  insertLoginProfile,
  type LoginProfile,
  requireLoginProfile,
  setPassword,
  updateLoginProfileRow,
} from './login-profile-rows.js';
import { acceptPassword } from './new-password.js';

/** More than two threads can hash in a second; what waits is bounded by the hashing itself. */
const HASHED_PER_SECOND = 50;

/** Create-, Get-, Update-, DeleteLoginProfile and ChangePassword. Reference: ram-sts 2.2. */
export function loginProfileOperations(parts: RamParts): readonly Operation[] {
  const { db, clock } = parts;
  const resource = ({ UserName }: { UserName: string }) => `user/${UserName}`;
  return [
    ramOperation({
      name: 'CreateLoginProfile',
      description: 'Gives a user a password to log in with.',
      input: z.object({
        UserName: userName,
        Password: password,
        PasswordResetRequired: trueOrFalse.optional(),
        MFABindRequired: trueOrFalse.optional(),
      }),
      resource,
      perSecond: HASHED_PER_SECOND,
      async handle(given, call) {
        const accountId = accountOf(call);
        const vacant = async (transaction: Queryable) => {
          const user = await requireUser(transaction, accountId, given.UserName);
          if (await findLoginProfile(transaction, user.user_id)) {
            throw ramErrors.exists('User.LoginProfile', given.UserName);
          }
          return user.user_id;
        };
        const userId = await vacant(db);
        const hash = await acceptPassword(parts, {
          accountId,
          userId,
          password: given.Password,
          parameter: 'Password',
        });
        const now = clock.now();
        const profile: LoginProfile = {
          user_id: userId,
          password_hash: hash,
          password_reset_required: given.PasswordResetRequired ? 1 : 0,
          mfa_bind_required: given.MFABindRequired ? 1 : 0,
          created_at: now,
          updated_at: now,
          password_set_at: now,
        };
        await transact(db, async (transaction) => {
          // Under the name there may be another user by now.
          if ((await vacant(transaction)) !== userId) throw ramErrors.notExist('User', given.UserName);
          await insertLoginProfile(transaction, profile);
        });
        return { LoginProfile: showLoginProfile(given.UserName, profile) };
      },
    }),

    ramOperation({
      name: 'GetLoginProfile',
      description: 'Shows how a user logs in; never a password.',
      input: z.object({ UserName: userName }),
      resource,
      async handle({ UserName }, call) {
        const user = await requireUser(db, accountOf(call), UserName);
        return { LoginProfile: showLoginProfile(UserName, await requireLoginProfile(db, user)) };
      },
    }),

    ramOperation({
      name: 'UpdateLoginProfile',
      description: 'Sets a new password of a user, or what it has to do at the next login.',
      input: z.object({
        UserName: userName,
        Password: password.optional(),
        PasswordResetRequired: trueOrFalse.optional(),
        MFABindRequired: trueOrFalse.optional(),
      }),
      resource,
      perSecond: HASHED_PER_SECOND,
      async handle(given, call) {
        const accountId = accountOf(call);
        const user = await requireUser(db, accountId, given.UserName);
        const userId = user.user_id;
        await requireLoginProfile(db, user);
        const hash =
          given.Password === undefined
            ? undefined
            : await acceptPassword(parts, { accountId, userId, password: given.Password, parameter: 'Password' });
        const flags = {
          ...(given.PasswordResetRequired === undefined
            ? {}
            : { password_reset_required: given.PasswordResetRequired ? 1 : 0 }),
          ...(given.MFABindRequired === undefined ? {} : { mfa_bind_required: given.MFABindRequired ? 1 : 0 }),
        };
        await transact(db, async (transaction) => {
          await requireLoginProfile(transaction, user);
          if (hash === undefined)
            await updateLoginProfileRow(transaction, userId, { ...flags, updated_at: clock.now() });
          else {
            await setPassword(transaction, userId, hash, clock.now(), flags);
            // Whoever was locked out is let in again.
            await forgetAttempts(transaction, userSubject(userId));
          }
        });
        return {};
      },
    }),

    ramOperation({
      name: 'DeleteLoginProfile',
      description: 'Takes the password of a user away: it cannot log in any more.',
      input: z.object({ UserName: userName }),
      resource,
      async handle({ UserName }, call) {
        await transact(db, async (transaction) => {
          const user = await requireUser(transaction, accountOf(call), UserName);
          await requireLoginProfile(transaction, user);
          await deleteLoginProfileRow(transaction, user.user_id);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'ChangePassword',
      description: 'A RAM user replaces its own password.',
      input: z.object({ OldPassword: password, NewPassword: password }),
      resource: (_given, call) => `user/${callingUser(call).userName}`,
      selfService: (_given, call) => mayManageOwn(db, 'AllowUserToChangePassword', {}, call),
      perSecond: HASHED_PER_SECOND,
      async handle({ OldPassword, NewPassword }, call) {
        await changePassword(parts, callingUser(call), OldPassword, NewPassword);
        return {};
      },
    }),
  ];
}

/** For `RamParts.holdersOfUser`. */
export async function passwordHoldsUser(transaction: DatabaseTransaction, userId: string): Promise<void> {
  if (await findLoginProfile(transaction, userId)) {
    throw ramErrors.conflict('User.LoginProfile', ['the login profile of the user']);
  }
}

/** @throws RpcError `NotSupport.Account` for everybody who is no RAM user */
function callingUser({ principal }: Call): UserPrincipal {
  if (principal.kind !== 'user') throw ramErrors.notForAccounts();
  return principal;
}

const showLoginProfile = (UserName: string, profile: LoginProfile): object => ({
  UserName,
  PasswordResetRequired: profile.password_reset_required !== 0,
  MFABindRequired: profile.mfa_bind_required !== 0,
  CreateDate: formatIso(profile.created_at),
});
