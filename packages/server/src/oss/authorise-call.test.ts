import { describe, expect, it } from 'vitest';
import { requireStillPublic } from './authorise-call.js';

const bucket = (acl: 'private' | 'public-read') => ({
  bucket: 'b',
  account_id: '1',
  region: 'r',
  acl,
  created_at: 0,
  policy: null,
});

describe('an object that everybody may read', () => {
  it('is not shown to everybody any more when it was replaced by a private one', () => {
    const call = { grounds: 'acl', bucket: bucket('public-read') } as const;
    expect(() => requireStillPublic(call, { acl: 'private' })).toThrow(/no right to access/);
    expect(() => requireStillPublic(call, { acl: 'default' })).not.toThrow();
    expect(() => requireStillPublic({ ...call, bucket: bucket('private') }, { acl: 'default' })).toThrow();
    expect(() => requireStillPublic({ ...call, bucket: bucket('private') }, { acl: 'public-read' })).not.toThrow();
  });

  it('is shown to whom a policy allows it, whatever its ACL', () => {
    const call = { grounds: 'policy', bucket: bucket('private') } as const;
    expect(() => requireStillPublic(call, { acl: 'private' })).not.toThrow();
  });
});
