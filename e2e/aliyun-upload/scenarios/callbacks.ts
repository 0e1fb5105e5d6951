/** What pages do in callbacks. */
import type { Info } from '../page-types.js';
import { one, type Scenarios, slowly } from './shared.js';

export const callbacks: Scenarios = {
  'exceptions in every callback': one(async (t) => {
    const broken = () => {
      throw new Error('of the page');
    };
    t.create(
      'sts',
      {},
      {
        addFileSuccess: broken,
        onUploadProgress: broken,
        onUploadSucceed: broken,
        onUploadEnd: broken,
        onUploadstarted: (info: Info) => {
          void t.answer(info);
          broken();
        },
      },
    );
    t.add(t.file(3 * t.part, 'a.mp4'));
    t.add(t.file(90_000, 'b.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'exceptions in onUploadFailed and onUploadCanceled': one(async (t) => {
    await slowly(t);
    const broken = () => {
      throw new Error('of the page');
    };
    t.create('sts', { parallel: 1 }, { onUploadFailed: broken, onUploadCanceled: broken });
    const file = t.file(4 * t.part);
    t.add(file);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.2);
    t.uploader.stopUpload();
    await t.quiet();
    await t.faults({ operation: 'UploadPart', fault: { status: 403, code: 'AccessDenied' } });
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'no callbacks but the one that must be': one(async (t) => {
    await slowly(t);
    const none = {
      addFileSuccess: null,
      onUploadSucceed: null,
      onUploadFailed: null,
      onUploadTokenExpired: null,
      onUploadCanceled: null,
      onUploadEnd: null,
    };
    t.create('sts', {}, none);
    const file = t.file(4 * t.part);
    t.add(file);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.2);
    t.uploader.stopUpload();
    await t.quiet();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'stopUpload in onUploadSucceed': one(async (t) => {
    t.create('sts', {}, { onUploadSucceed: () => t.uploader.stopUpload() });
    t.add(t.file(90_000, 'a.mp4'));
    t.add(t.file(90_000, 'b.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'addFile in onUploadSucceed and startUpload in onUploadEnd': one(async (t) => {
    let more = 1;
    let again = 1;
    t.create(
      'sts',
      {},
      {
        onUploadSucceed: () => {
          if (more-- > 0) t.add(t.file(90_000, 'b.mp4'));
        },
        onUploadEnd: () => {
          if (again-- <= 0) return;
          t.add(t.file(90_000, 'c.mp4'));
          t.uploader.startUpload();
        },
      },
    );
    t.add(t.file(90_000, 'a.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
};
