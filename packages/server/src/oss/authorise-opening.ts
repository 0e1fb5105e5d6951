import { readObjectAcl } from './acl.js';
import type { Bucket } from './catalog/buckets.js';
import type { Call } from './operation.js';

/** Who may write an object may not open it to everybody for that alone. @throws {OssError} `AccessDenied` */
export async function authoriseOpening(
  { headers, authorise }: Pick<Call, 'headers' | 'authorise'>,
  bucket: Bucket,
  key: string,
): Promise<void> {
  const acl = readObjectAcl(headers);
  if (acl === undefined || acl === 'default' || acl === 'private') return;
  await authorise({ action: 'oss:PutObjectAcl', bucket, key });
}
