/** Reloads and checkpoints. */
import type { Info } from '../page-types.js';
import { beginAndHang, one, type Scenarios, slowly, upload } from './shared.js';

export const resume: Scenarios = {
  'reload, and the same file again': {
    steps: [
      async (t) => {
        await beginAndHang(t, 'sts');
      },
      async (t) => {
        t.create('sts');
        const file = t.file(8 * t.part);
        // As long as a user needs to pick it.
        await t.sleep(300);
        t.say(`checkpoint before addFile: ${t.uploader.getCheckpoint(file) ? 'yes' : 'no'}`);
        await upload(t, file);
        t.say(`checkpoint after the end: ${t.uploader.getCheckpoint(file) ? 'yes' : 'no'}`);
      },
    ],
  },
  'reload, and the same file again, credential mode': {
    steps: [
      async (t) => {
        await beginAndHang(t, 'auth');
      },
      async (t) => {
        t.create('auth');
        await upload(t, t.file(8 * t.part));
      },
    ],
  },
  'reload, and the page makes a new video for the file': {
    steps: [
      async (t) => {
        await beginAndHang(t, 'auth');
      },
      async (t) => {
        t.create(
          'auth',
          {},
          {
            onUploadstarted: async (info: Info) => {
              const grant = await t.grant({ ...info, videoId: '' });
              t.uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId);
            },
          },
        );
        await upload(t, t.file(8 * t.part));
      },
    ],
  },
  'what getCheckpoint shows': one(async (t) => {
    await slowly(t);
    t.create('sts');
    const file = t.file(8 * t.part);
    t.add(file);
    await t.quiet();
    t.say(`before: ${t.uploader.getCheckpoint(file) ? 'yes' : 'no'}`);
    t.uploader.startUpload();
    await t.loaded(file, 0.3);
    t.uploader.stopUpload();
    await t.quiet();
    const kept = t.uploader.getCheckpoint(file) as Record<string, unknown> & { checkpoint?: Record<string, unknown> };
    const { checkpoint, ...rest } = kept ?? {};
    t.say(`record: ${Object.keys(rest).sort().join(' ')}`);
    t.say(
      `checkpoint: ${Object.keys(checkpoint ?? {})
        .sort()
        .join(' ')}`,
    );
    t.say(`state ${rest.state}, ${rest.fileName}, size ${rest.size}, part ${checkpoint?.partSize}`);
    const part = (checkpoint?.doneParts as { number: number; etag: string }[] | undefined)?.[0];
    t.say(`doneParts: ${part ? Object.keys(part).sort().join(' ') : 'none'}`);
    const other = t.file(100, 'other.mp4');
    t.say(`of another file: ${t.uploader.getCheckpoint(other) ? 'yes' : 'no'}`);
    t.uploader.startUpload();
    await t.quiet();
    t.say(`after: ${t.uploader.getCheckpoint(file) ? 'yes' : 'no'}`);
    t.finish();
  }),
};
