/** Servers and lines on bad days. */
import type { Info } from '../page-types.js';
import { one, type Scenarios, upload } from './shared.js';

export const failures: Scenarios = {
  'one part is answered 500 once': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, times: 1, fault: { status: 500, code: 'InternalError' } });
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
  'every part is answered 503': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: { status: 503, code: 'ServiceUnavailable' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(5 * t.part, 'a.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'stopUpload after a failure': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(3 * t.part, 'a.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.call('stopUpload', () => t.uploader.stopUpload());
    await t.quiet();
    t.finish();
  }),
  'the first of two files fails': one(async (t) => {
    await t.faults({ operation: 'InitiateMultipartUpload', fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(3 * t.part, 'a.mp4'));
    t.add(t.file(90_000, 'b.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.list();
    await t.faults();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'a failed file is started again': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 3, fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.list();
    await t.faults();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'a failed file gets a new token in onUploadFailed': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 3, times: 1, fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 }, { onUploadFailed: (info: Info) => t.answer(info) });
    await upload(t, t.file(5 * t.part));
  }),
  'parts are never answered: timeout': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: 'hang' });
    t.create('sts', { parallel: 1, timeout: 5000, retryCount: 1 });
    t.add(t.file(3 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'one part is never answered: timeout, then on': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, times: 1, fault: 'hang' });
    t.create('sts', { parallel: 1, timeout: 5000 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'the line is cut in one part': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, times: 1, fault: 'cut' });
    t.create('sts', { parallel: 1 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'the line stays cut': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: 'cut' });
    t.create('sts', { parallel: 1, retryCount: 2 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'VOD does not answer at all': one(async (t) => {
    await t.faults({ operation: 'CreateUploadVideo', fault: 'cut' });
    t.create('sts', { retryCount: 1 });
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'VOD refuses: the policy of the token denies it': one(async (t) => {
    t.create(
      'sts',
      {},
      {
        onUploadstarted: async (info: Info) => {
          const deny = { Version: '1', Statement: [{ Effect: 'Deny', Action: 'vod:*', Resource: '*' }] };
          const { accessKeyId, accessKeySecret, securityToken } = await t.token(JSON.stringify(deny));
          t.uploader.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
        },
      },
    );
    await upload(t, t.file(90_000));
  }),
  'VOD refuses: a wrong secret': one(async (t) => {
    t.create(
      'sts',
      {},
      {
        onUploadstarted: async (info: Info) => {
          const { accessKeyId, securityToken } = await t.token();
          t.uploader.setSTSToken(info, accessKeyId, 'wrong', securityToken);
        },
      },
    );
    await upload(t, t.file(90_000));
  }),
  'the store refuses: AccessDenied': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
  'the store refuses: SignatureDoesNotMatch': one(async (t) => {
    await t.faults({
      operation: 'UploadPart',
      from: 2,
      times: 1,
      fault: { status: 403, code: 'SignatureDoesNotMatch' },
    });
    t.create('auth', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
  'the upload is gone from the server: NoSuchUpload': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 3, times: 1, fault: { status: 404, code: 'NoSuchUpload' } });
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
};
