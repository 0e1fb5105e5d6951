import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { Operation } from '../../rpc/operation.js';
import { accessKeyId, userName } from '../fields.js';
import type { RamParts } from '../ram-parts.js';
import { ramOperation } from '../rows.js';
import { keyOwnerOf, keyResourceOf } from './access-key-operations.js';
import { requireAccessKey } from './access-key-rows.js';

/** GetAccessKeyLastUsed: true to the second, whatever plane the key was used on. Reference: ram-sts 2.2. */
export function getAccessKeyLastUsed({ db, usage }: Pick<RamParts, 'db' | 'usage'>): Operation {
  return ramOperation({
    name: 'GetAccessKeyLastUsed',
    description: 'Tells when a request was last signed with an access key.',
    input: z.object({ UserName: userName.optional(), UserAccessKeyId: accessKeyId }),
    resource: keyResourceOf,
    async handle(given, call) {
      const owner = await keyOwnerOf(db, given.UserName, call);
      await requireAccessKey(db, owner, given.UserAccessKeyId);
      const at = await usage?.lastUsed(given.UserAccessKeyId);
      // A key that was never used has no date.
      return { AccessKeyLastUsed: at === undefined ? {} : { LastUsedDate: formatIso(at) } };
    },
  });
}
