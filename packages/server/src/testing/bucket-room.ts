/** A control room with a bucket, the callers that its policy may be about, and a second account. */

import { type Ask, type Reply, send } from '../oss/testing/client.js';
import { rolePrincipal, userPrincipal } from '../ram/attachments.js';
import { allow, controlRoom, policyOf, trusting } from './control-room.js';
import { movableClock } from './fixed-parts.js';
import type { Keys } from './signed-call.js';

export const OTHER_ACCOUNT = '9000000000000009';
export type Statement = Readonly<Record<string, unknown>>;

export type BucketRoom = Awaited<ReturnType<typeof bucketRoom>>;

export async function bucketRoom(bucket = 'shared') {
  // Official clients sign with the time of the machine.
  const room = await controlRoom({ clock: movableClock(Date.now()) });
  const plane = await room.dataPlane();
  const root = await room.rootKey();
  const name = `acs:oss:*:${room.accountId}:${bucket}`;

  const as = (keys: Keys | undefined, ask: Ask): Promise<Reply> =>
    send(plane, {
      bucket,
      ...(keys === undefined
        ? { sign: 'none' }
        : { sign: 'v4', accessKeyId: keys.accessKeyId, secret: keys.accessKeySecret }),
      ...ask,
      headers: {
        ...ask.headers,
        ...(keys?.securityToken === undefined ? {} : { 'x-oss-security-token': keys.securityToken }),
      },
    });
  /** Status, and for a refusal its code and message. */
  const tried = async (keys: Keys | undefined, ask: Ask): Promise<readonly (number | string | undefined)[]> => {
    const reply = await as(keys, ask);
    return reply.status < 300 ? [reply.status] : [reply.status, reply.xml('Code'), reply.xml('Message')];
  };
  const putPolicy = (keys: Keys, ...statements: readonly Statement[]) =>
    tried(keys, { method: 'PUT', query: [['policy', '']], body: policyOf(...statements) });
  /** By the account that owns the bucket. */
  async function setPolicy(...statements: readonly Statement[]): Promise<void> {
    const [status, ...why] = await putPolicy(root, ...statements);
    if (status !== 200) throw new Error(`the policy was refused: ${status} ${why.join(' ')}`);
  }
  async function attachIn(account: string, principal: string, statements: readonly Statement[]): Promise<void> {
    if (statements.length === 0) return;
    const policy_name = `P${principal.replace(/\W/g, '')}`;
    await room.store.createPolicy(room.db, {
      owner: account,
      policy_name,
      description: '',
      document: policyOf(...statements),
    });
    await room.store.attachPolicy(room.db, principal, account, policy_name);
  }

  await room.db
    .insertInto('accounts')
    .values({ account_id: OTHER_ACCOUNT, name: 'other', password_hash: '', created_at: 0 })
    .execute();
  const made = await as(root, { method: 'PUT', body: '' });
  if (made.status !== 200) throw new Error(made.body.toString());

  return {
    room,
    plane,
    root,
    bucket,
    /** The bucket and what is in it, as resources. */
    name,
    as,
    tried,
    putPolicy,
    setPolicy,
    deletePolicy: () => tried(root, { method: 'DELETE', query: [['policy', '']] }),
    /** A user of the second account. */
    async stranger(userName: string, ...statements: readonly Statement[]): Promise<Keys & { userId: string }> {
      const { user_id } = await room.store.createUser(room.db, OTHER_ACCOUNT, userName, userName);
      await attachIn(OTHER_ACCOUNT, userPrincipal(user_id), statements);
      return { ...(await room.store.createAccessKey(room.db, OTHER_ACCOUNT, user_id)), userId: user_id };
    },
    otherRoot: (): Promise<Keys> => room.store.createAccessKey(room.db, OTHER_ACCOUNT, null),
    /** Sessions of a role with these permissions. @returns how to get one, and the name that policies have for all of them */
    async role(roleName: string, ...statements: readonly Statement[]) {
      const { accountId } = room;
      const deputy = await room.user(`deputy-${roleName}`, allow('sts:AssumeRole'));
      const { arn, id } = await room.role(roleName, trusting(`acs:ram::${accountId}:root`));
      await attachIn(accountId, rolePrincipal(id), statements);
      return {
        principal: (session: string) => `arn:sts::${accountId}:assumed-role/${roleName}/${session}`,
        session: (RoleSessionName: string, ...cut: readonly Statement[]) =>
          room.session(deputy, {
            RoleArn: arn,
            RoleSessionName,
            ...(cut.length === 0 ? {} : { Policy: policyOf(...cut) }),
          }),
      };
    },
    /** Past all checks, as a policy of an earlier or later release might be. */
    async forcePolicy(...statements: readonly Statement[]): Promise<void> {
      await room.db
        .updateTable('buckets')
        .set({ policy: policyOf(...statements) })
        .where('bucket', '=', bucket)
        .execute();
    },
    close: () => room.close(),
  };
}

/** A statement of a bucket policy. */
export const says = (
  Effect: 'Allow' | 'Deny',
  Principal: string | readonly string[],
  Action: string | readonly string[],
  Resource: string | readonly string[],
  Condition?: object,
): Statement => ({ Effect, Principal, Action, Resource, ...(Condition ? { Condition } : {}) });
