import { z } from 'zod';
import type { MediaTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import type { AccessDemand } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { mediaDemand } from './scope.js';

const MOST = 20;
/** Ids of at most 64 characters. */
export const idList = z.string().max(MOST * 65);

/** Each id once. @throws RpcError when there is none, or too many */
export function splitIds(text: string, name: string): readonly string[] {
  const ids = [...new Set(text.split(',').map((id) => id.trim()))].filter((id) => id !== '');
  if (ids.length === 0) throw vodErrors.missing(name);
  if (ids.length > MOST) throw vodErrors.tooManyIds();
  return ids;
}

type Find<Name> = (name: Name, principal: Principal) => Promise<MediaTable | undefined>;

/** What an operation on several media asks for: the permission on each of them. */
export function severalDemands<Name>(
  principal: Principal,
  operationName: string,
  names: readonly Name[],
  find: Find<Name>,
): Promise<AccessDemand[]> {
  return Promise.all(names.map(async (name) => mediaDemand(principal, operationName, await find(name, principal))));
}

/** Does it to those that are there, one after the other. @returns the names of the others */
export async function eachFound<Name>(
  principal: Principal,
  names: readonly Name[],
  find: Find<Name>,
  act: (media: MediaTable) => unknown,
): Promise<readonly Name[]> {
  const missing: Name[] = [];
  for (const name of names) {
    const media = await find(name, principal);
    if (media) await act(media);
    else missing.push(name);
  }
  return missing;
}
