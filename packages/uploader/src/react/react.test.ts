import { createElement as h } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { UploadList, useUploader, useUploadItem, useUploads, useUploadTask } from '../react.js';
import { PART, testFile, world } from '../testing/bench.js';

describe('the hooks on a server', () => {
  it('render an empty list of an uploader of their own', () => {
    function App() {
      const uploader = useUploader({ endpoint: 'http://vod.test', credentials: () => new Promise(() => {}) });
      const { items, totals } = useUploads(uploader);
      return h('p', null, `${items.length} of ${totals.items}`, useUploadTask(undefined)?.state);
    }
    expect(renderToString(h(App))).toBe('<p>0 of 0</p>');
  });

  it('render what a list holds', async () => {
    const { uploader } = world();
    const core = uploader();
    const task = core.upload(testFile(PART));
    const list = new UploadList(core);
    function App() {
      const { ids } = useUploads(list);
      const item = useUploadItem(list, ids[0] ?? '');
      return h('p', null, `${item?.state} ${useUploadTask(task).state}`);
    }
    expect(renderToString(h(App))).toBe('<p>queued queued</p>');
    core.close();
  });
});
