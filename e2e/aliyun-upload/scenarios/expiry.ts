/** Credentials that end on the way, and the ways to answer. */
import type { Info } from '../page-types.js';
import { one, outlivingCredentials, type Scenarios, upload } from './shared.js';

export const expiry: Scenarios = {
  'STS token ends mid-way: setSTSToken again': one(async (t) => {
    await outlivingCredentials(t);
    t.create(
      'sts',
      { parallel: 1 },
      {
        onUploadTokenExpired: (info: Info) => t.answer(info),
      },
    );
    await upload(t, t.file(7 * t.part));
  }, 'short'),
  'STS token ends mid-way: resumeUploadWithSTSToken': one(async (t) => {
    await outlivingCredentials(t);
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(7 * t.part));
  }, 'short'),
  'STS token ended before it is given': one(async (t) => {
    t.create(
      'sts',
      {},
      {
        onUploadstarted: async (info: Info) => {
          const { accessKeyId, accessKeySecret, securityToken } = await t.token();
          await t.sleep(5500);
          t.uploader.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
        },
      },
    );
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadTokenExpired');
    await t.quiet();
    t.finish();
  }, 'short'),
  'UploadAuth ends mid-way: resumeUploadWithAuth': one(async (t) => {
    await outlivingCredentials(t);
    t.create('auth', { parallel: 1 });
    await upload(t, t.file(7 * t.part));
  }, 'short'),
  'UploadAuth ends mid-way: resumeUploadWithToken': one(async (t) => {
    await outlivingCredentials(t);
    t.create(
      'auth',
      { parallel: 1 },
      {
        onUploadTokenExpired: async (info: Info) => {
          const auth = JSON.parse(atob((await t.grant(info)).UploadAuth)) as Record<string, string>;
          t.call('resumeUploadWithToken', () =>
            t.uploader.resumeUploadWithToken(
              auth.AccessKeyId,
              auth.AccessKeySecret,
              auth.SecurityToken,
              auth.Expiration,
            ),
          );
        },
      },
    );
    await upload(t, t.file(7 * t.part));
  }, 'short'),
  'UploadAuth ends and nobody answers at once; startUpload meanwhile': one(async (t) => {
    await outlivingCredentials(t);
    let waiting: Info | undefined;
    t.create(
      'auth',
      { parallel: 1 },
      {
        onUploadTokenExpired: (info: Info) => {
          if (waiting) return t.answerExpired(info);
          waiting = info;
        },
      },
    );
    t.add(t.file(7 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadTokenExpired');
    await t.quiet();
    t.list();
    t.call('startUpload', () => t.uploader.startUpload());
    t.call('resumeUploadWithAuth of nothing', () => t.uploader.resumeUploadWithAuth(''));
    t.list();
    if (waiting) await t.answerExpired(waiting);
    await t.quiet();
    t.finish();
  }, 'short'),
  'stopUpload while a credential is waited for': one(async (t) => {
    await outlivingCredentials(t);
    t.create('auth', { parallel: 1 }, { onUploadTokenExpired: () => undefined });
    t.add(t.file(7 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadTokenExpired');
    await t.quiet();
    t.call('stopUpload', () => t.uploader.stopUpload());
    await t.quiet();
    t.list();
  }, 'short'),
  'no onUploadTokenExpired at all': one(async (t) => {
    await outlivingCredentials(t);
    t.create('auth', { parallel: 1 }, { onUploadTokenExpired: null });
    await upload(t, t.file(7 * t.part));
  }, 'short'),
  'resume methods when nothing has ended': one(async (t) => {
    t.create('sts');
    t.call('resumeUploadWithSTSToken', () => t.uploader.resumeUploadWithSTSToken('a', 'b', 'c'));
    t.call('resumeUploadWithToken', () => t.uploader.resumeUploadWithToken('a', 'b', 'c', 'd'));
    const auth = btoa(JSON.stringify({ AccessKeyId: 'a', AccessKeySecret: 'b', SecurityToken: 'c', Expiration: '9' }));
    t.call('resumeUploadWithAuth', () => t.uploader.resumeUploadWithAuth(auth));
    t.list();
  }),
};
