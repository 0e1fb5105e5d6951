/** What paramData says. */
import type { Bench } from '../page-bench.js';
import { one, type Scenarios, upload } from './shared.js';

export const paramData: Scenarios = {
  'metadata: every key, UserData as an object': one(async (t) => {
    t.create('sts');
    const Vod = {
      Title: 'Talk',
      Description: 'About',
      Tags: 'a,b',
      CateId: 1,
      UserData: { Extend: { k: 1 } },
      CoverURL: 'http://example.com/c.jpg',
      FileSize: 90_000,
    };
    await upload(t, t.file(90_000), JSON.stringify({ Vod }));
    await tellVideo(t);
  }),
  'metadata: UserData as a JSON text': one(async (t) => {
    t.create('sts');
    await upload(t, t.file(90_000), JSON.stringify({ Vod: { Title: 'Talk', UserData: '{"Extend":{"k":1}}' } }));
    await tellVideo(t);
  }),
  'metadata: Title missing': one(async (t) => {
    t.create('sts');
    await upload(t, t.file(90_000), '{"Vod":{}}');
    await tellVideo(t);
  }),
  'paramData: broken JSON, an object, no Vod in it': one(async (t) => {
    t.create('auth');
    t.call('broken JSON', () => t.add(t.file(90_000, 'a.mp4'), '{'));
    t.call('an object', () => t.add(t.file(90_000, 'b.mp4'), { Vod: { Title: 'Talk' } }));
    t.call('no Vod', () => t.add(t.file(90_000, 'c.mp4'), '{}'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
};

async function tellVideo(t: Bench): Promise<void> {
  const [info] = t.uploader.listFiles();
  const video = await t.video(info?.videoId ?? '');
  t.say(`video ${JSON.stringify(video)}`);
}
