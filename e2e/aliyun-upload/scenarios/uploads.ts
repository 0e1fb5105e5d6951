/** One file, some files, images, and what addFile takes. */
import type { Info } from '../page-types.js';
import { one, type Scenarios, slowly, upload } from './shared.js';

export const uploads: Scenarios = {
  'one small file, STS mode': one(async (t) => {
    t.create('sts');
    await upload(t, t.file(90_000));
  }),
  'one multipart file, STS mode': one(async (t) => {
    t.create('sts');
    await upload(t, t.file(5 * t.part + 77));
  }),
  'one small file, credential mode': one(async (t) => {
    t.create('auth');
    await upload(t, t.file(90_000));
  }),
  'one multipart file, credential mode': one(async (t) => {
    t.create('auth');
    await upload(t, t.file(5 * t.part + 77));
  }),
  'an empty file': one(async (t) => {
    t.create('sts');
    t.call('addFile', () => t.add(t.file(0)));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'two files in a queue': one(async (t) => {
    t.create('sts');
    t.add(t.file(90_000, 'a.mp4'));
    t.add(t.file(3 * t.part, 'b.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'a file added while another runs, and one after the end': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const first = t.file(4 * t.part, 'a.mp4');
    t.add(first);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(first, 0.2);
    t.add(t.file(90_000, 'b.mp4'));
    await t.seen('onUploadEnd');
    t.add(t.file(90_000, 'c.mp4'));
    await t.quiet();
    t.list();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'startUpload in addFileSuccess, as many pages have it': one(async (t) => {
    t.create('sts', {}, { addFileSuccess: () => t.uploader.startUpload() });
    t.add(t.file(90_000, 'a.mp4'));
    await t.seen('onUploadstarted');
    t.add(t.file(90_000, 'b.mp4'));
    await t.quiet();
    t.finish();
  }),
  'startUpload right after addFile': one(async (t) => {
    t.create('sts');
    t.add(t.file(90_000, 'a.mp4'));
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'what addFile answers, and when addFileSuccess comes': one(async (t) => {
    t.create('sts');
    const file = t.file(90_000);
    t.call('addFile', () => t.add(file));
    await t.quiet();
    t.call('addFile of the same File', () => t.add(file));
    await t.quiet();
    t.call('addFile of an equal File', () => t.add(t.file(90_000)));
    await t.quiet();
    t.call('addFile of nothing', () => t.uploader.addFile(undefined));
    await t.quiet();
    t.finish();
  }),
  'equal files, picked twice, are both uploaded': one(async (t) => {
    t.create('sts');
    t.add(t.file(3 * t.part));
    t.add(t.file(3 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'an image, STS mode': one(async (t) => {
    t.create('sts');
    await upload(t, t.file(90_000, 'photo.png', 'image/png'));
  }),
  'an image of several parts, credential mode': one(async (t) => {
    t.create('auth');
    await upload(t, t.file(3 * t.part, 'photo.jpg', 'image/jpeg'));
  }),
  'a video whose name only sounds like an image': one(async (t) => {
    t.create('sts');
    await upload(t, t.file(90_000, 'apng_talk.mp4'));
  }),
  'which names are images': one(async (t) => {
    t.create('sts');
    for (const name of [
      'a.JPEG',
      'b.png',
      'c.gif',
      'd.bmp',
      'e.heic',
      'f.webp',
      'my-png-video.mp4',
      'g.mov',
      'h.mp3',
      'nojpg',
    ]) {
      t.add(t.file(10, name, ''));
    }
    await t.quiet();
    t.say(
      t.uploader
        .listFiles()
        .filter((info) => info.isImage)
        .map((info) => info.file.name)
        .join(' '),
    );
  }),
  'STS mode without paramData': one(async (t) => {
    t.create(
      'sts',
      {},
      {
        onUploadstarted: async (info: Info) => {
          const { accessKeyId, accessKeySecret, securityToken } = await t.token();
          t.call('setSTSToken', () => t.uploader.setSTSToken(info, accessKeyId, accessKeySecret, securityToken));
        },
      },
    );
    await upload(t, t.file(90_000), null);
  }),
  'credential mode without paramData': one(async (t) => {
    t.create('auth');
    await upload(t, t.file(90_000), null);
  }),
};
