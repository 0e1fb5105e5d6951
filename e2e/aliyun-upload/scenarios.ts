/** What pages do with an uploader. Each runs against the real SDK and against ours; `t.finish()` is the last word. */
import type { Bench, Info } from './page-bench.js';

export interface Scenario {
  /** Lives of tokens and UploadAuths: long enough to be forgotten, or a few seconds. */
  readonly lives?: 'long' | 'short';
  /** After each but the last the page is reloaded. */
  readonly steps: readonly ((t: Bench) => Promise<void>)[];
}

const one = (run: (t: Bench) => Promise<void>, lives: Scenario['lives'] = 'long'): Scenario => ({
  steps: [run],
  lives,
});

/** Adds one file of so many parts, starts, and waits for the end. */
async function upload(t: Bench, file: File, paramData?: unknown): Promise<void> {
  if (paramData === undefined) t.add(file);
  else t.add(file, paramData);
  await t.added();
  t.uploader.startUpload();
  await t.quiet();
  t.finish();
}

/** Three parts of eight arrive, the rest never does: nothing moves any more when the page is left. */
async function beginAndHang(t: Bench, mode: 'sts' | 'auth'): Promise<void> {
  await t.faults({ operation: 'UploadPart', from: 4, fault: 'hang' });
  t.create(mode);
  const file = t.file(8 * t.part);
  t.add(file);
  await t.added();
  t.uploader.startUpload();
  await t.loaded(file, 0.37);
  await t.sleep(300);
}

/** Each part takes a moment, so that there is a middle. */
const slowly = (t: Bench, delay = 250) => t.faults({ operation: 'UploadPart', fault: { delay } });

export const scenarios: Readonly<Record<string, Scenario>> = {
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
    await t.faults({ operation: 'PutObject', fault: { delay: 600 } });
    t.create('sts');
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadstarted');
    await t.sleep(300);
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
  'STS token ends mid-way: setSTSToken again': one(async (t) => {
    await slowly(t, 400);
    t.create(
      'sts',
      { parallel: 1 },
      {
        onUploadTokenExpired: (info: Info) => t.answer(info),
      },
    );
    await upload(t, t.file(12 * t.part));
  }, 'short'),
  'STS token ends mid-way: resumeUploadWithSTSToken': one(async (t) => {
    await slowly(t, 400);
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(12 * t.part));
  }, 'short'),
  'STS token ended before it is given': one(async (t) => {
    t.create(
      'sts',
      {},
      {
        onUploadstarted: async (info: Info) => {
          const { accessKeyId, accessKeySecret, securityToken } = await t.token();
          await t.sleep(4500);
          t.uploader.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
        },
      },
    );
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadTokenExpired');
    await t.quiet();
    t.finish();
  }, 'short'),
  'UploadAuth ends mid-way: resumeUploadWithAuth': one(async (t) => {
    await slowly(t, 400);
    t.create('auth', { parallel: 1 });
    await upload(t, t.file(12 * t.part));
  }, 'short'),
  'UploadAuth ends mid-way: resumeUploadWithToken': one(async (t) => {
    await slowly(t, 400);
    t.create(
      'auth',
      { parallel: 1 },
      {
        onUploadTokenExpired: async (info: Info) => {
          const auth = JSON.parse(atob((await t.grant(info)).UploadAuth)) as Record<string, string>;
          t.call('resumeUploadWithToken', () =>
            t.uploader.resumeUploadWithToken(
              auth.AccessKeyId,
              auth.AccessKeySecret,
              auth.SecurityToken,
              auth.Expiration,
            ),
          );
        },
      },
    );
    await upload(t, t.file(12 * t.part));
  }, 'short'),
  'UploadAuth ends and nobody answers at once; startUpload meanwhile': one(async (t) => {
    await slowly(t, 400);
    let waiting: Info | undefined;
    t.create(
      'auth',
      { parallel: 1 },
      {
        onUploadTokenExpired: (info: Info) => {
          if (waiting) return t.answerExpired(info);
          waiting = info;
        },
      },
    );
    t.add(t.file(12 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadTokenExpired');
    await t.quiet();
    t.list();
    t.call('startUpload', () => t.uploader.startUpload());
    t.call('resumeUploadWithAuth of nothing', () => t.uploader.resumeUploadWithAuth(''));
    t.list();
    if (waiting) await t.answerExpired(waiting);
    await t.quiet();
    t.finish();
  }, 'short'),
  'stopUpload while a credential is waited for': one(async (t) => {
    await slowly(t, 400);
    t.create('auth', { parallel: 1 }, { onUploadTokenExpired: () => undefined });
    t.add(t.file(12 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadTokenExpired');
    await t.quiet();
    t.call('stopUpload', () => t.uploader.stopUpload());
    await t.quiet();
    t.list();
  }, 'short'),
  'no onUploadTokenExpired at all': one(async (t) => {
    await slowly(t, 400);
    t.create('auth', { parallel: 1 }, { onUploadTokenExpired: null });
    await upload(t, t.file(12 * t.part));
  }, 'short'),
  'resume methods when nothing has ended': one(async (t) => {
    t.create('sts');
    t.call('resumeUploadWithSTSToken', () => t.uploader.resumeUploadWithSTSToken('a', 'b', 'c'));
    t.call('resumeUploadWithToken', () => t.uploader.resumeUploadWithToken('a', 'b', 'c', 'd'));
    const auth = btoa(JSON.stringify({ AccessKeyId: 'a', AccessKeySecret: 'b', SecurityToken: 'c', Expiration: '9' }));
    t.call('resumeUploadWithAuth', () => t.uploader.resumeUploadWithAuth(auth));
    t.list();
  }),
  'one part is answered 500 once': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, times: 1, fault: { status: 500, code: 'InternalError' } });
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
  'every part is answered 503': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: { status: 503, code: 'ServiceUnavailable' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(5 * t.part, 'a.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'stopUpload after a failure': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(3 * t.part, 'a.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.call('stopUpload', () => t.uploader.stopUpload());
    await t.quiet();
    t.finish();
  }),
  'the first of two files fails': one(async (t) => {
    await t.faults({ operation: 'InitiateMultipartUpload', fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(3 * t.part, 'a.mp4'));
    t.add(t.file(90_000, 'b.mp4'));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.list();
    await t.faults();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'a failed file is started again': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 3, fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.list();
    await t.faults();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'a failed file gets a new token in onUploadFailed': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 3, times: 1, fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 }, { onUploadFailed: (info: Info) => t.answer(info) });
    await upload(t, t.file(5 * t.part));
  }),
  'parts are never answered: timeout': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: 'hang' });
    t.create('sts', { parallel: 1, timeout: 700, retryCount: 2 });
    t.add(t.file(3 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'one part is never answered: timeout, then on': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, times: 1, fault: 'hang' });
    t.create('sts', { parallel: 1, timeout: 700 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'the line is cut in one part': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, times: 1, fault: 'cut' });
    t.create('sts', { parallel: 1 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'the line stays cut': one(async (t) => {
    await t.faults({ operation: 'UploadPart', fault: 'cut' });
    t.create('sts', { parallel: 1, retryCount: 2 });
    t.add(t.file(5 * t.part));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'VOD does not answer at all': one(async (t) => {
    await t.faults({ operation: 'CreateUploadVideo', fault: 'cut' });
    t.create('sts', { retryCount: 1 });
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.seen('onUploadFailed');
    await t.quiet();
    t.finish();
  }),
  'VOD refuses: the policy of the token denies it': one(async (t) => {
    t.create(
      'sts',
      {},
      {
        onUploadstarted: async (info: Info) => {
          const deny = { Version: '1', Statement: [{ Effect: 'Deny', Action: 'vod:*', Resource: '*' }] };
          const { accessKeyId, accessKeySecret, securityToken } = await t.token(JSON.stringify(deny));
          t.uploader.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
        },
      },
    );
    await upload(t, t.file(90_000));
  }),
  'VOD refuses: a wrong secret': one(async (t) => {
    t.create(
      'sts',
      {},
      {
        onUploadstarted: async (info: Info) => {
          const { accessKeyId, securityToken } = await t.token();
          t.uploader.setSTSToken(info, accessKeyId, 'wrong', securityToken);
        },
      },
    );
    await upload(t, t.file(90_000));
  }),
  'the store refuses: AccessDenied': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 2, fault: { status: 403, code: 'AccessDenied' } });
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
  'the store refuses: SignatureDoesNotMatch': one(async (t) => {
    await t.faults({
      operation: 'UploadPart',
      from: 2,
      times: 1,
      fault: { status: 403, code: 'SignatureDoesNotMatch' },
    });
    t.create('auth', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
  'the upload is gone from the server: NoSuchUpload': one(async (t) => {
    await t.faults({ operation: 'UploadPart', from: 3, times: 1, fault: { status: 404, code: 'NoSuchUpload' } });
    t.create('sts', { parallel: 1 });
    await upload(t, t.file(5 * t.part));
  }),
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
  'addFile with an endpoint of its own': one(async (t) => {
    t.create('auth', {}, { onUploadstarted: () => undefined });
    const file = t.file(3 * t.part);
    const grant = await t.grant({ file, state: '', isImage: false });
    const address = JSON.parse(atob(grant.UploadAddress)) as Record<string, string>;
    t.uploader.addFile(file, address.Endpoint, address.Bucket, address.FileName, null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (info) t.uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId);
    await t.quiet();
    t.finish();
  }),
  'addFile with an object that the UploadAuth is not for': one(async (t) => {
    t.create('auth');
    t.uploader.addFile(t.file(90_000), null, null, 'somewhere/else.mp4', null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'cname: the endpoint is the domain of the bucket': one(async (t) => {
    t.create('none', { cname: true });
    const file = t.file(3 * t.part);
    const grant = await t.grant({ file, state: '', isImage: false });
    const address = JSON.parse(atob(grant.UploadAddress)) as { Endpoint: string; Bucket: string };
    t.uploader.addFile(file, address.Endpoint.replace('://', `://${address.Bucket}.`), null, null, null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (info) t.uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId);
    await t.quiet();
    t.finish();
  }),
  setSTSTokenDirectlyUpload: one(async (t) => {
    const file = t.file(3 * t.part);
    let auth: Record<string, string> = {};
    t.create(
      'none',
      {},
      {
        onUploadstarted: (info: Info) => {
          t.call('setSTSTokenDirectlyUpload', () =>
            t.uploader.setSTSTokenDirectlyUpload(
              info,
              auth.AccessKeyId,
              auth.AccessKeySecret,
              auth.SecurityToken,
              auth.Expiration,
            ),
          );
        },
      },
    );
    const grant = await t.grant({ file, state: '', isImage: false });
    auth = JSON.parse(atob(grant.UploadAuth)) as Record<string, string>;
    const address = JSON.parse(atob(grant.UploadAddress)) as Record<string, string>;
    t.uploader.addFile(file, address.Endpoint, address.Bucket, address.FileName, null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'setSTSTokenDirectlyUpload with something missing': one(async (t) => {
    t.create(
      'none',
      {},
      {
        onUploadstarted: (info: Info) => {
          t.call('setSTSTokenDirectlyUpload', () => t.uploader.setSTSTokenDirectlyUpload(info, 'a', '', 'c', '3000'));
        },
      },
    );
    t.uploader.addFile(t.file(90_000), 'http://oss.localhost', 'bucket', 'object', null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'an empty, and a broken UploadAuth': one(async (t) => {
    t.create('none');
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (!info) return;
    const grant = await t.grant(info);
    t.call('an empty UploadAuth', () => t.uploader.setUploadAuthAndAddress(info, '', grant.UploadAddress, 'id'));
    await t.quiet();
    t.uploader.startUpload();
    await t.quiet();
    t.call('no base64', () => t.uploader.setUploadAuthAndAddress(info, 'abc', grant.UploadAddress, 'id'));
    await t.quiet();
    t.uploader.startUpload();
    await t.quiet();
    t.call('swapped', () => t.uploader.setUploadAuthAndAddress(info, grant.UploadAddress, grant.UploadAuth, 'id'));
    await t.quiet();
    t.finish();
  }),
  'an empty STS token': one(async (t) => {
    t.create(
      'none',
      {},
      {
        onUploadstarted: (info: Info) => t.call('setSTSToken', () => t.uploader.setSTSToken(info, 'a', '', 'c')),
      },
    );
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
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
  'a credential for a file that was never started': one(async (t) => {
    t.create('none');
    t.add(t.file(90_000));
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (!info) return;
    const grant = await t.grant(info);
    t.call('setUploadAuthAndAddress', () =>
      t.uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId),
    );
    await t.quiet();
    t.finish();
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
    t.create('sts', { parallel: 1, timeout: 700, retryCount: 0 });
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

async function tellVideo(t: Bench): Promise<void> {
  const [info] = t.uploader.listFiles();
  const video = await t.video(info?.videoId ?? '');
  t.say(`video ${JSON.stringify(video)}`);
}
