/** Stopping, starting, canceling, deleting. */
import { one, type Scenarios, slowly } from './shared.js';

export const queue: Scenarios = {
  'stopUpload and startUpload again': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const file = t.file(8 * t.part);
    t.add(file);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.3);
    t.call('stopUpload', () => t.uploader.stopUpload());
    await t.quiet();
    t.list();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'stopUpload and startUpload again, credential mode': one(async (t) => {
    await slowly(t);
    t.create('auth');
    const file = t.file(8 * t.part);
    t.add(file);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.3);
    t.uploader.stopUpload();
    await t.quiet();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'stopUpload while the page still fetches its token': one(async (t) => {
    t.create('none');
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.call('stopUpload', () => t.uploader.stopUpload());
    await t.quiet();
    t.finish();
  }),
  'stopUpload of a small file': one(async (t) => {
    await t.faults({ operation: 'PutObject', fault: { delay: 3000 } });
    t.create('sts');
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.until('a place in the store', () => t.uploader.listFiles()[0]?.object !== undefined);
    await t.sleep(700);
    t.uploader.stopUpload();
    await t.quiet();
    t.finish();
  }),
  'stopUpload before anything, startUpload of nothing': one(async (t) => {
    t.create('sts');
    t.call('stopUpload', () => t.uploader.stopUpload());
    t.list();
    t.call('startUpload', () => t.uploader.startUpload());
    await t.quiet();
    t.finish();
  }),
  'startUpload and nextUpload while one runs': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const file = t.file(4 * t.part, 'a.mp4');
    t.add(file);
    t.add(t.file(90_000, 'b.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.2);
    t.call('startUpload', () => t.uploader.startUpload());
    t.call('nextUpload', () => t.uploader.nextUpload());
    await t.quiet();
    t.finish();
  }),
  'nextUpload before startUpload': one(async (t) => {
    t.create('sts');
    t.add(t.file(90_000));
    await t.quiet();
    t.call('nextUpload', () => t.uploader.nextUpload());
    await t.quiet();
    t.finish();
  }),
  'cancelFile of the running one, nothing waiting': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const file = t.file(8 * t.part);
    t.add(file);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.3);
    t.call('cancelFile', () => t.uploader.cancelFile(0));
    await t.quiet();
    t.finish();
  }),
  'cancelFile of the running one, two waiting': one(async (t) => {
    await slowly(t, 400);
    t.create('sts');
    const file = t.file(8 * t.part, 'a.mp4');
    t.add(file);
    t.add(t.file(3 * t.part, 'b.mp4'));
    t.add(t.file(90_000, 'c.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.2);
    t.call('cancelFile', () => t.uploader.cancelFile(0));
    await t.quiet();
    t.finish();
  }),
  'cancelFile of a waiting one, of a done one, of none': one(async (t) => {
    t.create('sts');
    t.add(t.file(90_000, 'a.mp4'));
    t.add(t.file(90_000, 'b.mp4'));
    await t.quiet();
    t.call('cancelFile', () => t.uploader.cancelFile(1));
    t.list();
    t.uploader.startUpload();
    await t.quiet();
    t.call('cancelFile of a done one', () => t.uploader.cancelFile(0));
    t.call('cancelFile of a canceled one', () => t.uploader.cancelFile(1));
    t.call('cancelFile of none', () => t.uploader.cancelFile(7));
    t.call('cancelFile of a negative index', () => t.uploader.cancelFile(-1));
    await t.quiet();
    t.finish();
  }),
  'resumeFile, before and after the queue ended': one(async (t) => {
    t.create('sts');
    t.add(t.file(90_000, 'a.mp4'));
    t.add(t.file(90_000, 'b.mp4'));
    await t.quiet();
    t.uploader.cancelFile(1);
    t.call('resumeFile of a canceled one', () => t.uploader.resumeFile(1));
    t.call('resumeFile of a ready one', () => t.uploader.resumeFile(0));
    t.call('resumeFile of none', () => t.uploader.resumeFile(7));
    t.uploader.cancelFile(0);
    t.uploader.startUpload();
    await t.quiet();
    t.call('resumeFile after the end', () => t.uploader.resumeFile(0));
    await t.quiet();
    t.list();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'a canceled upload of several parts is resumed from its beginning': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const file = t.file(6 * t.part);
    t.add(file);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.3);
    t.uploader.cancelFile(0);
    await t.quiet();
    t.uploader.resumeFile(0);
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'deleteFile of waiting and done ones': one(async (t) => {
    t.create('sts');
    for (const name of ['a.mp4', 'b.mp4', 'c.mp4']) t.add(t.file(90_000, name));
    await t.quiet();
    t.call('deleteFile', () => t.uploader.deleteFile(1));
    t.list();
    t.uploader.startUpload();
    await t.quiet();
    t.call('deleteFile of a done one', () => t.uploader.deleteFile(0));
    t.call('deleteFile of none', () => t.uploader.deleteFile(7));
    await t.quiet();
    t.finish();
  }),
  'deleteFile of the running one': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const file = t.file(8 * t.part, 'a.mp4');
    t.add(file);
    await t.added();
    t.uploader.startUpload();
    await t.loaded(file, 0.3);
    t.call('deleteFile', () => t.uploader.deleteFile(0));
    await t.quiet();
    t.finish();
  }),
  'cleanList while one runs, and going on with another': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const list = t.uploader.listFiles();
    const file = t.file(8 * t.part, 'a.mp4');
    t.add(file);
    t.add(t.file(90_000, 'b.mp4'));
    await t.quiet();
    t.say(`the list a page holds has ${list.length}`);
    t.uploader.startUpload();
    await t.loaded(file, 0.3);
    t.call('cleanList', () => t.uploader.cleanList());
    t.list();
    t.say(`the list a page holds has ${list.length}`);
    await t.quiet();
    t.add(t.file(90_000, 'c.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'clear of the done ones': one(async (t) => {
    t.create('sts');
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.call('clear', () => t.uploader.clear('Success'));
    t.list();
  }),
};
