import { formatIso } from '@sluice/wire';
import type { User } from './user-rows.js';

/** As answers show a user; what was never given is left out. */
export function showUser(user: User): Record<string, string> {
  return {
    UserId: user.user_id,
    UserName: user.user_name,
    DisplayName: user.display_name,
    ...given('MobilePhone', user.mobile_phone),
    ...given('Email', user.email),
    ...given('Comments', user.comments),
    CreateDate: formatIso(user.created_at),
  };
}

/** With what GetUser and lists tell beside. */
export function showUserInFull(user: User): Record<string, string> {
  return {
    ...showUser(user),
    UpdateDate: formatIso(user.updated_at),
    LastLoginDate: user.last_login_at === null ? '' : formatIso(user.last_login_at),
  };
}

const given = (name: string, value: string): Record<string, string> => (value === '' ? {} : { [name]: value });
