/**
 * The tables, as Kysely sees them. Instants are milliseconds since the Unix epoch; ids are text; JSON columns hold text.
 * One file on purpose: it is the map of everything that is kept.
 */
import type { Kysely, Transaction } from 'kysely';

export interface SettingsTable {
  name: string;
  value: string;
}

// --- ram ---

export interface AccountsTable {
  account_id: string;
  name: string;
  password_hash: string;
  created_at: number;
}

export interface UsersTable {
  user_id: string;
  account_id: string;
  user_name: string;
  display_name: string;
  created_at: number;
}

export interface AccessKeysTable {
  access_key_id: string;
  account_id: string;
  /** Owner; null for a key of the account itself. */
  user_id: string | null;
  /** Sealed under the key ring, never the secret itself. */
  sealed_secret: string;
  status: 'Active' | 'Inactive';
  created_at: number;
}

export interface RolesTable {
  role_id: string;
  account_id: string;
  role_name: string;
  description: string;
  trust_policy: string;
  /** Seconds. */
  max_session_duration: number;
  created_at: number;
}

export interface PoliciesTable {
  /** The account, or `system` for the built-in ones. */
  owner: string;
  policy_name: string;
  description: string;
  document: string;
  created_at: number;
}

export interface PolicyAttachmentsTable {
  /** `user:<id>` or `role:<id>` */
  principal: string;
  policy_owner: string;
  policy_name: string;
  attached_at: number;
}

// --- vod ---

export type MediaStatus = 'Uploading' | 'UploadSucc' | 'Normal' | 'UploadFail';

export interface MediaTable {
  media_id: string;
  account_id: string;
  kind: 'video' | 'image';
  status: MediaStatus;
  /** Who created it: a session name, `user:<name>` or `account:root`; the middle part of `acs:vod:*:<account>:media/<owner>/<id>`. */
  owner: string;
  title: string;
  description: string;
  /** Comma separated, as given. */
  tags: string;
  cate_id: string | null;
  cover_url: string;
  user_data: string;
  app_id: string;
  template_group_id: string;
  reference_id: string | null;
  image_type: string;
  file_name: string;
  bucket: string;
  object_key: string;
  size: number;
  /** Samples of the content, as the client that began the upload took them; empty when it told none. */
  file_sample: string;
  /** Size of the parts that client sends, bytes; 0 when it told none. */
  part_unit: number;
  created_at: number;
  modified_at: number;
}

// --- oss ---

export interface BucketsTable {
  bucket: string;
  account_id: string;
  region: string;
  acl: 'private' | 'public-read' | 'public-read-write';
  created_at: number;
}

/** What an owner set on a bucket: `cors`, `lifecycle`, … */
export interface BucketSettingsTable {
  bucket: string;
  name: string;
  /** JSON. */
  value: string;
}

/** `default` takes that of the bucket. */
export type ObjectAcl = 'default' | 'private' | 'public-read' | 'public-read-write';

export interface ObjectsTable {
  bucket: string;
  object_key: string;
  /** Changes with every overwrite. */
  object_id: string;
  /** Its own id, or that of the object whose bytes it shares. */
  manifest_id: string;
  /** The multipart upload that made it; null for any other. */
  upload_id: string | null;
  type: 'Normal' | 'Multipart' | 'Appendable';
  size: number;
  /** Without quotes: upper-case MD5, or `<MD5>-<parts>`. */
  etag: string;
  /** Unsigned decimal. */
  crc64: string;
  /** JSON of the headers served back: content-type, cache-control, … and `x-oss-meta-*`. */
  headers: string;
  acl: ObjectAcl;
  /** JSON: [[key, value], …], at most ten. */
  tags: string;
  last_modified: number;
}

/**
 * Where the bytes of an object lie: one record whatever the number of parts, written at Complete. It lives as long as an
 * object names it, which need not be the one it was written for.
 */
export interface ManifestsTable {
  object_id: string;
  /** JSON: [[blob, size, crc64], …] in order; records of earlier releases have no crc64 until a scrub has passed. */
  blobs: string;
  /** JSON: ids of the blobs that are quarantined; null when none is. */
  damaged: string | null;
}

export interface UploadsTable {
  upload_id: string;
  bucket: string;
  object_key: string;
  /** As in {@link ObjectsTable}; they belong to the final object. */
  headers: string;
  acl: ObjectAcl;
  tags: string;
  initiated_at: number;
}

export interface PartsTable {
  upload_id: string;
  part_number: number;
  blob: string;
  size: number;
  etag: string;
  crc64: string;
  uploaded_at: number;
}

/** Blobs that nothing names any more; deleted from the engine when no reader holds them. */
export interface GarbageTable {
  blob: string;
  since: number;
}

/** Blobs that are not what was recorded. They stay where they are until the object or upload they belong to goes. */
export interface QuarantineTable {
  blob: string;
  reason: 'missing' | 'short' | 'long' | 'changed';
  /** The manifest that names it; null for a part. */
  manifest_id: string | null;
  /** JSON of the row of `parts` that was taken out, so that it can be put back; null for a manifest. */
  part: string | null;
  recorded_size: number;
  /** Null when only the CRC64 of the whole object was recorded. */
  recorded_crc64: string | null;
  found_size: number | null;
  found_crc64: string | null;
  found_at: number;
}

// --- events ---

export interface OutboxTable {
  event_id: string;
  event_type: string;
  url: string;
  body: string;
  attempts: number;
  next_attempt_at: number;
  created_at: number;
  delivered_at: number | null;
  /** Set when the last attempt failed too. */
  abandoned_at: number | null;
  last_error: string | null;
}

export interface Schema {
  settings: SettingsTable;
  accounts: AccountsTable;
  users: UsersTable;
  access_keys: AccessKeysTable;
  roles: RolesTable;
  policies: PoliciesTable;
  policy_attachments: PolicyAttachmentsTable;
  media: MediaTable;
  buckets: BucketsTable;
  bucket_settings: BucketSettingsTable;
  objects: ObjectsTable;
  manifests: ManifestsTable;
  uploads: UploadsTable;
  parts: PartsTable;
  garbage: GarbageTable;
  quarantine: QuarantineTable;
  outbox: OutboxTable;
}

export type Database = Kysely<Schema>;
export type DatabaseTransaction = Transaction<Schema>;
/** What a query can run on: the database or one transaction of it. */
export type Queryable = Database | DatabaseTransaction;
