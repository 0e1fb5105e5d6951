import type { MediaTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import type { AccessDemand } from '../rpc/operation.js';
import { vodErrors } from './errors.js';

/**
 * The resource of VOD operations. Policies written for Alibaba Cloud say `*` and go on to work; Sluice also names the
 * media by who made it, `acs:vod:*:<account>:media/<owner>/<media id>`, so that a session policy can hold a client to
 * its own uploads.
 */
export function mediaResource(accountId: string, owner: string, mediaId: string): string {
  return `acs:vod:*:${accountId}:media/${owner}/${mediaId}`;
}

/**
 * Session name of a role session; `user:<name>` and `account:root` for the others: session names hold no colon, so
 * nobody becomes the owner of another's media by the choice of a session name.
 * @throws RpcError for principals that cannot own media
 */
export function ownerOf(principal: Principal): { accountId: string; owner: string } {
  switch (principal.kind) {
    case 'session':
      return { accountId: principal.accountId, owner: principal.sessionName };
    case 'user':
      return { accountId: principal.accountId, owner: `user:${principal.userName}` };
    case 'account':
      return { accountId: principal.accountId, owner: 'account:root' };
    case 'upload-grant':
    case 'federated':
    case 'anonymous':
      throw vodErrors.denied({});
  }
}

/** For an operation that makes a media. */
export function creationDemand(principal: Principal, operationName: string): AccessDemand {
  const { accountId, owner } = ownerOf(principal);
  return { action: `vod:${operationName}`, resource: mediaResource(accountId, owner, 'new') };
}

/** For an operation on an existing media; without one the question is asked for the caller's own. */
export function mediaDemand(
  principal: Principal,
  operationName: string,
  media: Pick<MediaTable, 'account_id' | 'owner' | 'media_id'> | undefined,
): AccessDemand {
  const caller = ownerOf(principal);
  const own = media !== undefined && media.account_id === caller.accountId ? media : undefined;
  return {
    action: `vod:${operationName}`,
    resource: mediaResource(caller.accountId, own?.owner ?? caller.owner, own?.media_id ?? 'unknown'),
  };
}
