import { type Principal, principalName } from '../gate/principal.js';
import { sessionOrigin } from '../gate/session-origin.js';
import type { AuditDetail, AuditEntry } from './entry.js';

/** Who it was, as every record tells it. */
export function callerOf(
  principal: Principal,
  accessKeyId: string | undefined,
): Pick<AuditEntry, 'principal' | 'tokenId' | 'mediaId'> & { readonly detail: AuditDetail } {
  const origin = sessionOrigin(principal);
  const [session, ...via] = origin?.links ?? [];
  return {
    principal: principalName(principal),
    tokenId: session?.tokenId,
    mediaId: principal.kind === 'upload-grant' ? principal.mediaId : undefined,
    detail: {
      accessKeyId,
      sourceIdentity: origin?.sourceIdentity,
      // Of a grant the session is not in the name.
      session: principal.kind === 'upload-grant' ? session?.sessionName : undefined,
      via: via.length > 0 ? via.map(({ tokenId }) => tokenId) : undefined,
    },
  };
}
