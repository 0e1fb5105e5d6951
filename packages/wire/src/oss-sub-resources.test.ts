import { expect, test } from 'vitest';
import { isOssSubResource, OSS_SUB_RESOURCES } from './oss-sub-resources.js';

test('a sub-resource is one of the list or starts with x-oss-', () => {
  for (const name of ['acl', 'partNumber', 'uploadId', 'callback-var', 'security-token', 'x-oss-process']) {
    expect(isOssSubResource(name), name).toBe(true);
  }
  for (const name of [
    'prefix',
    'marker',
    'max-keys',
    'encoding-type',
    'list-type',
    'ACL',
    'x-oss',
    '',
    'constructor',
    '__proto__',
  ]) {
    expect(isOssSubResource(name), name).toBe(false);
  }
});

test('names are short and of letters and hyphens, as the V1 verifier reads them back', () => {
  for (const name of OSS_SUB_RESOURCES) expect(name).toMatch(/^[A-Za-z-]{1,40}$/);
});
