import { expect, it } from 'vitest';
import { PART, testFile, testSource } from '../testing/bench.js';
import { MemoryTabs } from '../testing/memory-tabs.js';
import { vodWorld } from '../testing/vod-bench.js';
import { Vod } from './vod.js';

async function twoTabs(mode: 'sts' | 'auth') {
  const w = vodWorld();
  const browser = new MemoryTabs();
  const file = w.file(3 * PART);
  const { sizeOf: _, reopen: __, checkUpload: ___, ...platform } = w.platform;
  const tabs = [0, 1].map(() => {
    const vod: Vod = new Vod(
      {
        endpoint: 'http://vod.test',
        partSize: PART,
        onUploadstarted: (info) => {
          if (mode === 'sts') {
            const { accessKeyId, accessKeySecret, securityToken } = w.cloud.issueToken();
            vod.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
            return;
          }
          const { UploadAuth = '', UploadAddress = '', VideoId } = w.cloud.grant('video', 'talk.mp4');
          vod.setUploadAuthAndAddress(info, UploadAuth, UploadAddress, VideoId);
        },
      },
      { ...platform, tabs: browser.tab(), open: async (blob: Blob) => testSource(testFile(blob.size)) },
    );
    vod.addFile(file);
    vod.startUpload();
    return vod;
  });
  for (let i = 0; i < 100 && tabs.some((vod) => vod.state !== 'End'); i++) await w.clock.advance(100);
  return { w, infos: tabs.map((vod) => vod.listFiles()[0]) };
}

it('two tabs with the same file in STS mode: it is uploaded once, and both tell the same video', async () => {
  const { w, infos } = await twoTabs('sts');
  expect(infos.map((info) => info?.state)).toEqual(['Success', 'Success']);
  expect(new Set(infos.map((info) => info?.videoId)).size).toBe(1);
  expect(w.cloud.count('CreateUploadVideo')).toBe(1);
  expect(w.cloud.objects.has(infos[1]?.object ?? '')).toBe(true);
});

it('two tabs whose back end made a video for each: both videos are filled', async () => {
  const { w, infos } = await twoTabs('auth');
  expect(infos.map((info) => info?.state)).toEqual(['Success', 'Success']);
  expect(new Set(infos.map((info) => info?.videoId)).size).toBe(2);
  for (const info of infos) expect(w.cloud.objects.get(info?.object ?? '')?.body.length).toBe(3 * PART);
});
