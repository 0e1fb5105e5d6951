import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chanceSettings } from '../../testing/chance/settings.js';
import { nativeWorld } from '../../testing/native-world.js';
import { VODUploadCallback } from './callback.js';
import { VODClientException } from './errors.js';
import { UploadStateType, VodUploadStateType } from './states.js';

const PART = 102_400;

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('add' as const), size: fc.constantFrom(1, 5000, 2 * PART + 1) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('stop' as const, 'pause', 'resume', 'revoke', 'clear', 'token') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'cancel', 'resume-file'), index: fc.nat(3) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom('lost-request' as const, 'lost-answer', 'stall'),
      times: fc.nat(8),
    }),
  },
);
const after = fc.constantFrom(0, 0, 0, 1, 10, 25, 45, 100, 110, 700, 70_000);
const steps = fc.array(fc.record({ after, act }), { minLength: 2, maxLength: 16, size: 'max' });
/** Answers in the callback itself, or later. */
const app = fc.record({ answers: fc.boolean(), tokenLife: fc.constantFrom(300, 3_600_000), records: fc.boolean() });

it('whatever an app asks for, in whatever order: the list is worked off, and what was deleted is not uploaded', async () => {
  const property = fc.asyncProperty(app, steps, async ({ answers, records, tokenLife }, all) => {
    const w = nativeWorld({ tokenLife });
    const gone = new Set<string>();
    const succeeded: string[] = [];
    let expired = false;
    let faults = 0;
    let fault: 'lost-request' | 'lost-answer' | 'stall' = 'stall';
    let made = 0;
    w.http.fault = () => (faults-- > 0 ? fault : undefined);
    const client = w.client();
    const token = (): [string, string, string, string] => {
      const { accessKeyId, accessKeySecret, securityToken, expiration } = w.cloud.issueToken();
      return [accessKeyId, accessKeySecret, securityToken, expiration];
    };
    const callback = new (class extends VODUploadCallback {
      override onUploadSucceed({ filePath }: { filePath: string }): void {
        succeeded.push(filePath);
      }
      override onUploadTokenExpired(): void {
        expired = true;
        if (answers) client.resumeWithToken(...token());
      }
    })();
    client.init(...token(), callback);
    client.maxRetryCount = 2;
    client.setRecordUploadProgressEnabled(records);
    const stored = (uri: string) => {
      const name = uri.split('/').pop();
      const keys = [...w.cloud.media.values()].filter((media) => media.name === name).map(({ key }) => key);
      return keys.some((key) => w.cloud.objects.has(key));
    };
    const leave = (uri: string | undefined) => {
      if (uri && !stored(uri)) gone.add(uri);
    };
    /** What is wrong with the call itself is told by an exception, and by nothing else. */
    const at = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        if (!(error instanceof VODClientException)) throw error;
      }
    };
    for (const { after: ms, act: one } of all) {
      await w.clock.advance(ms);
      switch (one.do) {
        case 'add':
          client.addFile(w.file(one.size, `file${made++}.mp4`));
          break;
        case 'start':
        case 'stop':
        case 'pause':
        case 'resume':
          client[one.do]();
          break;
        case 'token':
          client.resumeWithToken(...token());
          break;
        case 'revoke':
          w.cloud.revokeAll();
          break;
        case 'clear':
          for (const { filePath } of client.listFiles()) leave(filePath);
          client.clearFiles();
          break;
        case 'delete':
          leave(client.listFiles()[one.index]?.filePath);
          at(() => client.deleteFile(one.index));
          break;
        case 'cancel':
          at(() => client.cancelFile(one.index));
          break;
        case 'resume-file':
          at(() => client.resumeFile(one.index));
          break;
        case 'fault':
          fault = one.fault;
          faults = one.times;
          break;
      }
    }
    faults = 0;
    w.cloud.options.tokenLife = 3_600_000;
    const open = () =>
      client
        .listFiles()
        .filter(({ status }) => status !== UploadStateType.SUCCESS && status !== UploadStateType.CANCELED);
    for (let turn = 0; turn < 30 && (turn < 4 || open().length > 0); turn++) {
      if (expired) client.resumeWithToken(...token());
      expired = false;
      for (const [index, { status }] of client.listFiles().entries()) {
        if (status === UploadStateType.FAIlURE) client.resumeFile(index);
      }
      if (client.getStatus() === VodUploadStateType.PAUSED) client.resume();
      else client.start();
      await w.clock.advance(70_000);
    }
    expect(open().map(({ status }) => status)).toEqual([]);
    expect([...gone].filter(stored)).toEqual([]);
    expect(w.reported).toEqual([]);
    expect(new Set(succeeded).size).toBe(succeeded.length);
    expect(succeeded.filter((uri) => !stored(uri))).toEqual([]);
    expect(w.clock.waiting).toBe(0);
  });
  const { runs, seed } = chanceSettings(60);
  await fc.assert(property, { seed, numRuns: runs });
});
