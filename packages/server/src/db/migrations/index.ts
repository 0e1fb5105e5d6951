import type { Migration } from 'kysely';
import { first } from './0001-first.js';
import { unfinishedAndShared } from './0002-unfinished-and-shared.js';
import { buckets } from './0003-buckets.js';
import { quarantine } from './0004-quarantine.js';
import { listings } from './0005-listings.js';
import { identity } from './0006-identity.js';
import { logins } from './0007-logins.js';
import { audit } from './0008-audit.js';
import { bucketPolicies } from './0009-bucket-policies.js';
import { forbidOverwrite } from './0010-forbid-overwrite.js';

/**
 * Forward-only. A landed migration is never edited; the next change is the next number, in a file of its own.
 * Types are kept to what SQLite and PostgreSQL both know.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': { up: first },
  '0002-unfinished-and-shared': { up: unfinishedAndShared },
  '0003-buckets': { up: buckets },
  '0004-quarantine': { up: quarantine },
  '0005-listings': { up: listings },
  '0006-identity': { up: identity },
  '0007-logins': { up: logins },
  '0008-audit': { up: audit },
  '0009-bucket-policies': { up: bucketPolicies },
  '0010-forbid-overwrite': { up: forbidOverwrite },
};
