import Uppy, { type Body, type Meta, type UppyFile } from '@uppy/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Uploader } from '../api.js';
import { isStored, PART, type TestFile, testFile, world } from '../testing/bench.js';
import { SluiceUpload } from './sluice-upload.js';

type File = UppyFile<Meta, Body>;
const open: Uppy[] = [];
afterEach(() => {
  for (const uppy of open.splice(0)) uppy.destroy();
});

/** Uppy with the plugin on a whole upload world, and what it told. */
function uppyOn(options: { upload?: (file: File) => { title: string } } = {}) {
  const w = world();
  const core = w.uploader();
  const files = new Map<Blob, TestFile>();
  const uploader = {
    upload: (blob: Blob, meta: object) => core.upload(files.get(blob) as TestFile, meta),
  } as unknown as Uploader<Blob>;
  const uppy = new Uppy().use(SluiceUpload, { uploader, ...options });
  open.push(uppy);
  const told: string[] = [];
  uppy.on('upload-start', (started) => told.push(`start ${started.map(({ name }) => name).join(' ')}`));
  uppy.on('upload-success', (file) => told.push(`success ${file?.name}`));
  uppy.on('upload-error', (file, error) => told.push(`error ${file?.name} ${(error as { code?: string }).code}`));
  return {
    ...w,
    uppy,
    told,
    add(file: TestFile) {
      const blob = new Blob([file.bytes as Uint8Array<ArrayBuffer>]);
      files.set(blob, file);
      return uppy.addFile({ name: file.name, type: 'video/mp4', data: blob });
    },
    /** Lets time pass until a file of Uppy is as it should be. */
    until: async (fits: () => boolean | undefined) => {
      for (let i = 0; i < 400 && !fits(); i++) {
        await w.clock.advance(20);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(fits()).toBe(true);
    },
  };
}

describe('SluiceUpload', () => {
  it('uploads, tells Uppy of start, progress and success, and hands the media id over', async () => {
    const { uppy, add, told, cloud, until } = uppyOn({ upload: ({ name }) => ({ title: `My ${name}` }) });
    const file = testFile(30 * PART, 'a.mp4');
    const progress: number[] = [];
    uppy.on('upload-progress', (_, { bytesUploaded, bytesTotal }) => {
      expect(bytesTotal).toBe(30 * PART);
      progress.push(bytesUploaded);
    });
    const id = add(file);
    const done = uppy.upload();
    await until(() => uppy.getFile(id).progress.uploadComplete);
    const result = await done;
    expect(told).toEqual(['start a.mp4', 'success a.mp4']);
    expect(progress.length).toBeGreaterThan(0);
    expect(result?.successful?.[0]?.response).toMatchObject({ status: 200, body: { videoId: 'video2' } });
    expect(uppy.getFile(id).progress).toMatchObject({ percentage: 100, uploadComplete: true });
    expect(cloud.calls[0]?.params.get('Title')).toBe('My a.mp4');
    expect(isStored(cloud, String(uppy.getFile(id).response?.body?.key), file)).toBe(true);
  });

  it('makes a title that VOD takes of a name with emoji', async () => {
    const { uppy, add, cloud, until } = uppyOn();
    const id = add(testFile(1000, `🎉 party ${'🎈'.repeat(130)}.mp4`));
    const done = uppy.upload();
    await until(() => uppy.getFile(id).progress.uploadComplete);
    await done;
    expect(cloud.calls[0]?.params.get('Title')).toBe('party .mp4');
  });

  it('pauses and resumes one file and all, and sends no part twice', async () => {
    const { uppy, add, cloud, clock, until } = uppyOn();
    expect(uppy.getState().capabilities.resumableUploads).toBe(true);
    const [a, b] = [add(testFile(40 * PART, 'a.mp4')), add(testFile(40 * PART, 'b.mp4'))];
    void uppy.upload();
    await until(() => cloud.calls.some(({ operation, status }) => operation === 'UploadPart' && status === 200));
    uppy.pauseResume(a);
    uppy.pauseAll();
    await clock.advance(5000);
    expect(uppy.getFiles().map(({ progress }) => progress.uploadComplete)).toEqual([false, false]);
    const sent = cloud.calls.length;
    await clock.advance(5000);
    expect(cloud.calls.length).toBe(sent);
    uppy.resumeAll();
    await until(() => uppy.getFile(a).progress.uploadComplete && uppy.getFile(b).progress.uploadComplete);
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('fails with the reason, and a retry goes on with the parts the server has', async () => {
    const { uppy, add, told, cloud, until } = uppyOn();
    const file = testFile(40 * PART, 'a.mp4');
    const id = add(file);
    const done = uppy.upload();
    await until(() => cloud.calls.some(({ operation, status }) => operation === 'UploadPart' && status === 200));
    file.unreadable = true;
    await until(() => !!uppy.getFile(id).error);
    expect((await done)?.failed?.length).toBe(1);
    expect(told).toEqual(['start a.mp4', 'error a.mp4 FileUnreadable']);
    file.unreadable = false;
    void uppy.retryUpload(id);
    await until(() => uppy.getFile(id).progress.uploadComplete);
    expect(uppy.getFile(id).error).toBeFalsy();
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
    expect(cloud.calls.filter(({ operation }) => operation === 'CreateUploadVideo').length).toBe(1);
  });

  it('removes a file mid-way from the server too; the others go on and the upload ends', async () => {
    const { uppy, add, told, cloud, until } = uppyOn();
    const [a, b] = [add(testFile(40 * PART, 'a.mp4')), add(testFile(10 * PART, 'b.mp4'))];
    const done = uppy.upload();
    await until(() => cloud.calls.some(({ operation, status }) => operation === 'UploadPart' && status === 200));
    uppy.removeFile(a);
    await until(() => uppy.getFile(b).progress.uploadComplete);
    expect((await done)?.successful?.map(({ name }) => name)).toEqual(['b.mp4']);
    expect(told).toEqual(['start a.mp4 b.mp4', 'success b.mp4']);
    expect(cloud.uploads.size).toBe(0);
  });

  it('cancels all, leaves nothing behind, and takes new files afterwards', async () => {
    const { uppy, add, cloud, clock, until } = uppyOn();
    add(testFile(40 * PART, 'a.mp4'));
    void uppy.upload();
    await until(() => cloud.calls.some(({ operation, status }) => operation === 'UploadPart' && status === 200));
    uppy.cancelAll();
    await clock.advance(1000);
    expect([cloud.uploads.size, cloud.objects.size]).toEqual([0, 0]);
    const id = add(testFile(PART, 'b.mp4'));
    void uppy.upload();
    await until(() => uppy.getFile(id).progress.uploadComplete);
  });

  it('takes what is cleared away from the server too', async () => {
    const { uppy, add, told, cloud, until } = uppyOn();
    add(testFile(40 * PART, 'a.mp4'));
    // Uppy itself does not get over files that are gone.
    uppy.upload().catch(() => undefined);
    await until(() => cloud.calls.some(({ operation, status }) => operation === 'UploadPart' && status === 200));
    uppy.clear();
    await until(() => cloud.uploads.size === 0);
    expect(cloud.objects.size).toBe(0);
    expect(told).toEqual(['start a.mp4']);
  });

  it('says what to do about files whose bytes are elsewhere', async () => {
    const { uppy, told } = uppyOn();
    uppy.addFile({ name: 'r.mp4', type: 'video/mp4', data: { size: 5 } as Blob, isRemote: true, remote: {} } as never);
    const result = await uppy.upload();
    expect(told).toEqual(['start r.mp4', 'error r.mp4 FileUnreadable']);
    expect(result?.failed?.[0]?.error).toContain('remote provider');
  });

  it('makes an uploader of its own from options, and closes it with the plugin', () => {
    const credentials = vi.fn();
    const uppy = new Uppy().use(SluiceUpload, { id: 'Mine', endpoint: 'http://vod.test', credentials });
    const plugin = uppy.getPlugin('Mine');
    if (!plugin) throw new Error('not installed');
    expect(plugin.type).toBe('uploader');
    uppy.removePlugin(plugin);
    expect(uppy.getState().capabilities.resumableUploads).toBe(false);
    uppy.destroy();
  });
});
