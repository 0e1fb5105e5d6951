import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { attachmentsOf, groupPrincipal } from '../attachments.js';
import { ramErrors } from '../errors.js';
import { comments, groupName, page, userName } from '../fields.js';
import { groupId } from '../ids.js';
import { RAM_LIMITS } from '../limits.js';
import { pageOf, readPage } from '../paging.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { requireUser } from '../users/user-rows.js';
import {
  countGroups,
  deleteGroupRow,
  deleteMember,
  findGroup,
  type Group,
  groupsOfUser,
  insertGroup,
  insertMember,
  isMember,
  pageOfGroups,
  pageOfMembers,
  requireGroup,
  updateGroup,
} from './group-rows.js';

const MOST_GROUPS_A_PAGE = 100;

/** Groups and who is in them. Reference: ram-sts 2.2. */
export function groupOperations({ db, clock, random }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'CreateGroup',
      description: 'Creates a group. Its policies are those of every user in it.',
      input: z.object({ GroupName: groupName, Comments: comments.optional() }),
      resource: () => 'group/*',
      async handle(given, call) {
        const now = clock.now();
        const group: Group = {
          group_id: groupId(random),
          account_id: accountOf(call),
          group_name: given.GroupName,
          comments: given.Comments ?? '',
          created_at: now,
          updated_at: now,
        };
        await transact(db, async (transaction) => {
          if (await findGroup(transaction, group.account_id, group.group_name)) {
            throw ramErrors.exists('Group', group.group_name);
          }
          if ((await countGroups(transaction, group.account_id)) >= RAM_LIMITS.groups) {
            throw ramErrors.limit('Group', RAM_LIMITS.groups);
          }
          await insertGroup(transaction, group);
        });
        return { Group: showGroup(group) };
      },
    }),

    ramOperation({
      name: 'GetGroup',
      description: 'Shows a group.',
      input: z.object({ GroupName: groupName }),
      resource: ({ GroupName }) => `group/${GroupName}`,
      async handle({ GroupName }, call) {
        return { Group: showGroup(await requireGroup(db, accountOf(call), GroupName)) };
      },
    }),

    ramOperation({
      name: 'UpdateGroup',
      description: 'Changes the name or the comments of a group; who is in it stays.',
      input: z.object({ GroupName: groupName, NewGroupName: groupName.optional(), NewComments: comments.optional() }),
      resource: ({ GroupName, NewGroupName }) =>
        NewGroupName === undefined || NewGroupName === GroupName
          ? `group/${GroupName}`
          : [`group/${GroupName}`, `group/${NewGroupName}`],
      async handle(given, call) {
        const account = accountOf(call);
        const updated = await transact(db, async (transaction) => {
          const group = await requireGroup(transaction, account, given.GroupName);
          const name = given.NewGroupName ?? group.group_name;
          if (name !== group.group_name && (await findGroup(transaction, account, name))) {
            throw ramErrors.exists('Group', name);
          }
          const change = { group_name: name, comments: given.NewComments ?? group.comments, updated_at: clock.now() };
          await updateGroup(transaction, group.group_id, change);
          return { ...group, ...change };
        });
        return { Group: showGroup(updated) };
      },
    }),

    ramOperation({
      name: 'DeleteGroup',
      description: 'Deletes a group that has no users and no policies any more.',
      input: z.object({ GroupName: groupName }),
      resource: ({ GroupName }) => `group/${GroupName}`,
      async handle({ GroupName }, call) {
        await transact(db, async (transaction) => {
          const { group_id } = await requireGroup(transaction, accountOf(call), GroupName);
          const members = await pageOfMembers(transaction, group_id, { after: '', limit: RAM_LIMITS.users });
          if (members.length > 0)
            throw ramErrors.conflict(
              'Group.User',
              members.map((user) => user.user_name),
            );
          const policies = await attachmentsOf(transaction, groupPrincipal(group_id));
          if (policies.length > 0) {
            throw ramErrors.conflict(
              'Group.Policy',
              policies.map((policy) => policy.policy_name),
            );
          }
          await deleteGroupRow(transaction, group_id);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'ListGroups',
      description: 'Lists the groups of the account, by name.',
      input: z.object(page(MOST_GROUPS_A_PAGE)),
      resource: () => 'group/*',
      async handle(given, call) {
        const asked = readPage(given);
        const rows = await pageOfGroups(db, accountOf(call), asked);
        const { shown, paging } = pageOf(rows, asked, (group) => group.group_name);
        return { ...paging, Groups: { Group: shown.map(showGroup) } };
      },
    }),

    ramOperation({
      name: 'AddUserToGroup',
      description: 'Puts a user into a group.',
      input: z.object({ UserName: userName, GroupName: groupName }),
      resource: ({ UserName, GroupName }) => [`user/${UserName}`, `group/${GroupName}`],
      async handle({ UserName, GroupName }, call) {
        const account = accountOf(call);
        await transact(db, async (transaction) => {
          const { user_id } = await requireUser(transaction, account, UserName);
          const { group_id } = await requireGroup(transaction, account, GroupName);
          const groups = await groupsOfUser(transaction, user_id);
          if (groups.some((group) => group.group_id === group_id)) throw ramErrors.exists('User.Group', GroupName);
          if (groups.length >= RAM_LIMITS.groupsPerUser) throw ramErrors.limit('User.Group', RAM_LIMITS.groupsPerUser);
          await insertMember(transaction, group_id, user_id, clock.now());
        });
        return {};
      },
    }),

    ramOperation({
      name: 'RemoveUserFromGroup',
      description: 'Takes a user out of a group.',
      input: z.object({ UserName: userName, GroupName: groupName }),
      resource: ({ UserName, GroupName }) => [`user/${UserName}`, `group/${GroupName}`],
      async handle({ UserName, GroupName }, call) {
        const account = accountOf(call);
        await transact(db, async (transaction) => {
          const { user_id } = await requireUser(transaction, account, UserName);
          const { group_id } = await requireGroup(transaction, account, GroupName);
          if (!(await isMember(transaction, group_id, user_id))) throw ramErrors.notExist('User.Group', GroupName);
          await deleteMember(transaction, group_id, user_id);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'ListGroupsForUser',
      description: 'Lists the groups that a user is in.',
      input: z.object({ UserName: userName }),
      resource: ({ UserName }) => `user/${UserName}`,
      async handle({ UserName }, call) {
        const { user_id } = await requireUser(db, accountOf(call), UserName);
        const groups = await groupsOfUser(db, user_id);
        return {
          Groups: {
            Group: groups.map((group) => ({
              GroupId: group.group_id,
              GroupName: group.group_name,
              Comments: group.comments,
              JoinDate: formatIso(group.joined_at),
            })),
          },
        };
      },
    }),

    ramOperation({
      name: 'ListUsersForGroup',
      description: 'Lists the users in a group, by name.',
      input: z.object({ GroupName: groupName, ...page() }),
      resource: ({ GroupName }) => `group/${GroupName}`,
      async handle({ GroupName, ...given }, call) {
        const asked = readPage(given);
        const { group_id } = await requireGroup(db, accountOf(call), GroupName);
        const { shown, paging } = pageOf(await pageOfMembers(db, group_id, asked), asked, (user) => user.user_name);
        return {
          ...paging,
          Users: {
            User: shown.map((user) => ({
              UserName: user.user_name,
              DisplayName: user.display_name,
              JoinDate: formatIso(user.joined_at),
            })),
          },
        };
      },
    }),
  ];
}

const showGroup = (group: Group): object => ({
  GroupId: group.group_id,
  GroupName: group.group_name,
  Comments: group.comments,
  CreateDate: formatIso(group.created_at),
  UpdateDate: formatIso(group.updated_at),
});
