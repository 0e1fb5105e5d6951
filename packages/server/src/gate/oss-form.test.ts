import { describe, expect, it } from 'vitest';
import type { CredentialSource } from './credentials.js';
import { createOssFormAuthenticator } from './oss-form.js';
import type { Principal } from './principal.js';

const alice: Principal = { kind: 'user', accountId: '1', userId: 'u', userName: 'alice' };
const asked: (string | undefined)[][] = [];
const credentials: CredentialSource = {
  async lookup(accessKeyId, token) {
    asked.push([accessKeyId, token]);
    return { ok: true, secret: 'sk', principal: alice, temporary: token !== undefined };
  },
};
const clock = { now: () => Date.parse('2026-01-02T03:05:00Z') };
const signIn = (fields: Record<string, string>) =>
  createOssFormAuthenticator({ credentials, clock })(new Map(Object.entries(fields)));

/** What ali-oss makes of this policy with the secret `sk` (reference oss 2.5). */
const policy =
  'eyJleHBpcmF0aW9uIjoiMjAzMC0wMS0wMVQwMDowMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiYmt0In0sWyJzdGFydHMtd2l0aCIsIiRrZXkiLCJ1LyJdLFsiY29udGVudC1sZW5ndGgtcmFuZ2UiLDAsMTA0ODU3Nl1dfQ==';
const v1 = { ossaccesskeyid: 'ak', policy, signature: 'ob6jgKV0WdfM5LtpP64K3Yc93/U=' };
const v4 = {
  policy,
  'x-oss-signature-version': 'OSS4-HMAC-SHA256',
  'x-oss-credential': 'ak/20260102/cn-hangzhou/oss/aliyun_v4_request',
  'x-oss-date': '20260102T030405Z',
  'x-oss-signature': '3ba59a69395b6c5d412f0c5a9b4e48ab5dc375953012997aed1947a4523eaeca',
};

describe('the signature of a form', () => {
  it.each([
    ['V1', v1],
    ['V4', v4],
  ])('%s, as the official client makes it', async (_, fields) => {
    expect(await signIn(fields)).toEqual({ principal: alice, accessKeyId: 'ak' });
    expect((await signIn({ ...fields, 'x-oss-security-token': ' token ' })).principal).toBe(alice);
    expect(asked.splice(0)).toEqual([
      ['ak', undefined],
      ['ak', 'token'],
    ]);
  });

  it('holds for the text of the policy, not for its meaning', async () => {
    await expect(signIn({ ...v1, policy: policy.replace(/=+$/, '') })).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
  });

  it('V4 holds for one day and region', async () => {
    const region = v4['x-oss-credential'].replace('hangzhou', 'shanghai');
    await expect(signIn({ ...v4, 'x-oss-credential': region })).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
    const day = {
      'x-oss-credential': v4['x-oss-credential'].replace('0102', '0101'),
      'x-oss-date': '20260101T030405Z',
    };
    await expect(signIn({ ...v4, ...day })).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  it('is shown with what was signed when it does not match', async () => {
    await expect(signIn({ ...v1, signature: 'ob6jgKV0WdfM5LtpP64K3Yc93/V=' })).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
      detail: { extra: expect.arrayContaining([['StringToSign', policy]]) },
    });
  });

  it('is of nobody when there is none', async () => {
    expect(await signIn({ key: 'x', 'x-oss-date': '20260102T030405Z' })).toEqual({ principal: { kind: 'anonymous' } });
  });
});
