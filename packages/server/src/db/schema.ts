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
  /** `<country code>-<number>`; empty when not given. */
  mobile_phone: string;
  email: string;
  comments: string;
  created_at: number;
  updated_at: number;
  last_login_at: number | null;
}

export interface GroupsTable {
  group_id: string;
  account_id: string;
  group_name: string;
  comments: string;
  created_at: number;
  updated_at: number;
}

export interface GroupMembersTable {
  group_id: string;
  user_id: string;
  joined_at: number;
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
  /** Written at most once a minute. */
  last_used_at: number | null;
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
  updated_at: number;
}

export interface PoliciesTable {
  /** The account, or `system` for the built-in ones. */
  owner: string;
  policy_name: string;
  description: string;
  /** That of the default version: what evaluation reads. */
  document: string;
  /** N of the default version `vN`. */
  default_version: number;
  /** N of the newest version ever made; versions are never numbered twice. */
  newest_version: number;
  created_at: number;
  updated_at: number;
}

export interface PolicyVersionsTable {
  owner: string;
  policy_name: string;
  version: number;
  document: string;
  created_at: number;
}

export interface PolicyAttachmentsTable {
  /** `user:<id>`, `group:<id>` or `role:<id>` */
  principal: string;
  policy_owner: string;
  policy_name: string;
  attached_at: number;
}

/** Tags of roles and policies. */
export interface ResourceTagsTable {
  account_id: string;
  resource_type: 'role' | 'policy';
  /** Role id, or policy name. */
  resource: string;
  tag_key: string;
  tag_value: string;
}

/** What an account chose: `password-policy`, `security-preference`, `alias`. */
export interface AccountSettingsTable {
  account_id: string;
  name: string;
  /** JSON. */
  value: string;
}

export interface LoginProfilesTable {
  user_id: string;
  password_hash: string;
  password_reset_required: number;
  mfa_bind_required: number;
  created_at: number;
  updated_at: number;
  password_set_at: number;
}

/** Passwords and codes that were tried since the last right one. */
export interface LoginAttemptsTable {
  /** `user:<id>`, `account:<id>`, or `nobody:<n>` for names that do not exist. */
  subject: string;
  attempts: number;
  /** The first of them. */
  since: number;
  /** 0: not locked. */
  locked_until: number;
}

/** The newest passwords, the current one with them, for the rule against using one again. */
export interface PasswordHistoryTable {
  user_id: string;
  password_hash: string;
  created_at: number;
}

export interface MfaDevicesTable {
  /** ARN. */
  serial_number: string;
  account_id: string;
  device_name: string;
  /** Sealed under the key ring. */
  sealed_seed: string;
  user_id: string | null;
  /** The newest time step that was accepted: no code is taken twice. */
  last_step: number;
  created_at: number;
  activated_at: number | null;
}

export interface OidcProvidersTable {
  account_id: string;
  provider_name: string;
  issuer_url: string;
  description: string;
  /** JSON lists. */
  client_ids: string;
  fingerprints: string;
  /** How old a token may be when it is exchanged, hours. */
  issuance_limit_hours: number;
  created_at: number;
  updated_at: number;
}

// --- gate ---

/** Sessions that are dead before their time. */
export interface RevocationsTable {
  revocation_id: string;
  account_id: string;
  /**
   * What `subject` names: a role id; `<role id>:<session name>`, where no role id stands for every role; a source identity;
   * a token id.
   */
  kind: 'role' | 'session-name' | 'source-identity' | 'token';
  subject: string;
  /** Tokens issued at this instant or before are dead. */
  not_before: number;
  reason: string;
  created_by: string;
  created_at: number;
  /** From then on no token it speaks of can live. */
  expires_at: number;
}

/** Append only; each record carries the hash of the one before (audit/chain.ts). Texts are empty where nothing is told. */
export interface AuditTable {
  /** 1, 2, 3 … without a gap. */
  seq: number;
  at: number;
  account_id: string;
  /** As in logs: `user/alice`, `role/uploader/session`. */
  principal: string;
  action: string;
  resource: string;
  outcome: 'Allowed' | 'Denied' | 'Failed';
  request_id: string;
  source_ip: string;
  /** Of the session behind the call. */
  token_id: string;
  media_id: string;
  upload_id: string;
  /** What was made: `token:<id>`, `key:<id>`. */
  subject: string;
  /** JSON: everything else that is told. */
  detail: string;
  /** Hex SHA-256 over the one before and this record. */
  hash: string;
  /** HMAC under the key ring; on the last record of each commit. */
  seal: string;
}

// --- vod ---

export type MediaStatus = 'Uploading' | 'UploadSucc' | 'Normal' | 'UploadFail';

export interface MediaTable {
  media_id: string;
  account_id: string;
  kind: 'video' | 'image' | 'attached';
  status: MediaStatus;
  /** Who created it: a session name, `user:<name>` or `account:root`; the middle part of `acs:vod:*:<account>:media/<owner>/<id>`. */
  owner: string;
  title: string;
  description: string;
  /** Comma separated, as given. */
  tags: string;
  /** An attached media may have several, comma separated. */
  cate_id: string | null;
  cover_url: string;
  user_data: string;
  app_id: string;
  template_group_id: string;
  reference_id: string | null;
  /** `ImageType` of an image, `BusinessType` of an attached media. */
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
  /** The policy as it was written; null: none. Here and not among the settings, because every request has to know it. */
  policy: string | null;
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
  /** JSON of the sessions that began it, for revocation; empty when no session did. */
  origin: string;
  /** 1: Complete may not overwrite an object, as was asked for at Initiate; else 0. */
  forbid_overwrite: number;
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
  groups: GroupsTable;
  group_members: GroupMembersTable;
  policy_versions: PolicyVersionsTable;
  policy_attachments: PolicyAttachmentsTable;
  resource_tags: ResourceTagsTable;
  account_settings: AccountSettingsTable;
  login_profiles: LoginProfilesTable;
  password_history: PasswordHistoryTable;
  login_attempts: LoginAttemptsTable;
  mfa_devices: MfaDevicesTable;
  oidc_providers: OidcProvidersTable;
  revocations: RevocationsTable;
  audit: AuditTable;
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
