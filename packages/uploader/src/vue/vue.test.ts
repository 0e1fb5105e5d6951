import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createSSRApp, defineComponent, effectScope, h, nextTick, shallowRef } from 'vue';
import { renderToString } from 'vue/server-renderer';
import type { UploadTask } from '../api.js';
import { PART, testFile, world } from '../testing/bench.js';
import { uploadListOf, useUploader, useUploadItem, useUploads, useUploadTask } from '../vue.js';

const describeFile = ({ name, bytes, type }: ReturnType<typeof testFile>) => ({ name, size: bytes.length, type });

describe('the composables', () => {
  it('keep an uploader as long as the scope, and follow its uploads until then', async () => {
    const { clock, uploader } = world();
    const scope = effectScope();
    const core = uploader();
    const close = vi.spyOn(core, 'close');
    const { uploads, item, id } = scope.run(() => {
      const made = useUploader(() => core);
      const uploads = useUploads(made, { describe: describeFile });
      const [id] = uploads.value.list.add([testFile(3 * PART)]).added as [string];
      return { uploads, item: useUploadItem(uploads.value.list, id), id };
    }) as { uploads: ReturnType<typeof useUploads>; item: ReturnType<typeof useUploadItem>; id: string };
    expect(item.value).toMatchObject({ id, state: 'queued' });
    await clock.advance(2000);
    await vi.waitFor(() => expect(uploads.value.totals.count.success).toBe(1));
    expect(item.value).toMatchObject({ state: 'success', progress: { fraction: 1 } });
    expect(uploadListOf(core)).toBe(uploads.value.list);
    scope.stop();
    expect(close).toHaveBeenCalledOnce();
    const last = uploads.value;
    uploads.value.list.clearFinished();
    await sleep(50);
    expect(uploads.value).toBe(last);
  });

  it('follow one task after the other', async () => {
    const { clock, uploader } = world();
    const core = uploader();
    const task = shallowRef<UploadTask>();
    const scope = effectScope();
    const shown = scope.run(() => useUploadTask(task));
    expect(shown?.value).toBeUndefined();
    task.value = core.upload(testFile(2 * PART));
    await nextTick();
    expect(shown?.value?.state).toBe('queued');
    await clock.resolve(task.value.done);
    await vi.waitFor(() => expect(shown?.value).toMatchObject({ state: 'success', result: { size: 2 * PART } }));
    const broken = testFile(2 * PART, 'b.mp4');
    broken.unreadable = true;
    task.value = core.upload(broken);
    await clock.settle(task.value.done);
    await vi.waitFor(() => expect(shown?.value).toMatchObject({ state: 'failed', error: { code: 'FileUnreadable' } }));
    broken.unreadable = false;
    task.value.retry();
    await clock.resolve(task.value.done);
    await vi.waitFor(() => expect(shown?.value).toMatchObject({ state: 'success', error: undefined }));
    scope.stop();
  });

  it('render on a server', async () => {
    const app = defineComponent(() => {
      const uploader = useUploader({ endpoint: 'http://vod.test', credentials: () => new Promise(() => {}) });
      const uploads = useUploads(uploader);
      return () => h('p', `${uploads.value.items.length} uploads`);
    });
    expect(await renderToString(createSSRApp(app))).toBe('<p>0 uploads</p>');
  });
});
