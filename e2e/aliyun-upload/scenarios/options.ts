/** Options as pages write them, and what the SDK does to the page. */
import { one, type Scenarios, upload } from './shared.js';

export const options: Scenarios = {
  'options: falsy values': one(async (t) => {
    t.call('new', () => {
      t.create('sts', {
        userId: '',
        partSize: 0,
        parallel: 0,
        timeout: 0,
        region: '',
        cname: '',
        localCheckpoint: 0,
        enableUploadProgress: false,
      });
    });
    await upload(t, t.file(3 * t.part));
  }),
  'options: null': one(async (t) => {
    t.call('new', () => {
      t.create('sts', {
        userId: null,
        partSize: null,
        parallel: null,
        timeout: null,
        retryCount: null,
        retryDuration: null,
        region: null,
      });
    });
    await upload(t, t.file(3 * t.part));
  }),
  'options: numbers as text': one(async (t) => {
    t.call('new', () => {
      t.create('sts', {
        userId: 7,
        partSize: '262144',
        parallel: '2',
        timeout: '60000',
        retryCount: '3',
        retryDuration: '0.1',
      });
    });
    await upload(t, t.file(3 * t.part + 5));
  }),
  'options: partSize below the least, a small file and one of several parts': one(async (t) => {
    t.call('new', () => {
      t.create('sts', { partSize: 1000 });
    });
    t.add(t.file(90_000, 'a.mp4'));
    t.add(t.file(300_000, 'b.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'options: retryCount 0 means none': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, times: 1, fault: 'hang' });
    t.create('sts', { parallel: 1, timeout: 5000, retryCount: 0 });
    t.add(t.file(4 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'options: what a page reads back, and changes later': one(async (t) => {
    t.create('sts', { partSize: undefined, parallel: undefined, region: undefined });
    const { partSize, parallel, region, cname, localCheckpoint, enableUploadProgress } = t.uploader.options;
    t.say(`options ${JSON.stringify({ partSize, parallel, region, cname, localCheckpoint, enableUploadProgress })}`);
    t.uploader.options.onUploadEnd = () => t.say('the later onUploadEnd');
    t.uploader.options.partSize = 131_072;
    await upload(t, t.file(4 * 131_072));
  }),
  'options: enableUploadProgress false is kept': one(async (t) => {
    t.create('sts', { enableUploadProgress: false });
    t.say(`enableUploadProgress ${String(t.uploader.options.enableUploadProgress)}`);
    await upload(t, t.file(3 * t.part));
  }),
  'options: region and localCheckpoint': one(async (t) => {
    t.create('sts', { region: 'eu-central-1', localCheckpoint: true, userId: 7 });
    await upload(t, t.file(3 * t.part));
    t.say(`region of the file ${(t.uploader.listFiles()[0] as { region?: string } | undefined)?.region}`);
    t.say(`localCheckpoint ${String(t.uploader.options.localCheckpoint)}`);
  }),
  'what the SDK does to the page': one(async (t) => {
    const mine = () => undefined;
    window.onbeforeunload = mine;
    t.create('sts');
    await upload(t, t.file(90_000));
    t.say(`onbeforeunload is ${window.onbeforeunload === mine ? 'still of the page' : 'of the SDK'}`);
    t.say(`cookies: ${document.cookie === '' ? 'none' : document.cookie.replace(/=[^;]*/g, '')}`);
    t.say(`log lines to a third party: ${(window as unknown as { telemetry: number }).telemetry > 0 ? 'yes' : 'no'}`);
    window.onbeforeunload = null;
  }),
};
