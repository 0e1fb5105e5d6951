import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chanceSettings } from '../testing/chance/settings.js';
import { vodWorld } from '../testing/vod-bench.js';
import type { FileState, UploadInfo } from './upload-info.js';

const PART = 102_400;

const index = fc.nat(4);
const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('add' as const), size: fc.constantFrom(1, 5000, 2 * PART + 1) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('stop' as const, 'next', 'revoke', 'clean', 'answer') }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'cancel', 'resume-file'), index }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('clear' as const),
      state: fc.constantFrom<FileState[]>('Ready', 'Uploading', 'Success', 'Failure', 'Canceled', 'Stoped'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom('lost-request' as const, 'lost-answer', 'stall'),
      times: fc.nat(12),
    }),
  },
);
const after = fc.constantFrom(0, 0, 0, 1, 10, 25, 45, 100, 110, 700, 70_000);
const steps = fc.array(fc.record({ after, act }), { minLength: 2, maxLength: 16, size: 'max' });
/** Milliseconds until the page has a token. */
const page = fc.record({ patience: fc.constantFrom(0, 0, 30), tokenLife: fc.constantFrom(300, 3_600_000) });

it('whatever a page asks for, in whatever order: the list is worked off, and what was taken off it is not uploaded', async () => {
  const property = fc.asyncProperty(page, steps, async ({ patience, tokenLife }, all) => {
    const w = vodWorld({ tokenLife });
    const gone = new Set<string>();
    let faults = 0;
    let made = 0;
    const give = (info: UploadInfo) => {
      const token = w.cloud.issueToken();
      vod.setSTSToken(info, token.accessKeyId, token.accessKeySecret, token.securityToken);
    };
    const answer = () => {
      const token = w.cloud.issueToken();
      vod.resumeUploadWithSTSToken(token.accessKeyId, token.accessKeySecret, token.securityToken);
    };
    const onUploadstarted = (info: UploadInfo) => {
      if (patience > 0) w.clock.setTimeout(() => give(info), patience);
      else give(info);
    };
    const vod = w.vod({ onUploadstarted, retryCount: 2 });
    const stored = (name: string) =>
      [...w.cloud.objects.keys()].some((key) =>
        [...w.cloud.media.values()].some((m) => m.key === key && m.name === name),
      );
    const leave = (info: UploadInfo | undefined) => {
      const { name } = (info?.file ?? {}) as File;
      if (name && !stored(name)) gone.add(name);
    };
    w.http.fault = () => (faults-- > 0 ? fault : undefined);
    let fault: 'lost-request' | 'lost-answer' | 'stall' = 'stall';
    for (const { after: ms, act: one } of all) {
      await w.clock.advance(ms);
      switch (one.do) {
        case 'add':
          vod.addFile(w.file(one.size, `file${made++}.mp4`));
          break;
        case 'start':
          vod.startUpload();
          break;
        case 'stop':
          vod.stopUpload();
          break;
        case 'next':
          vod.nextUpload();
          break;
        case 'revoke':
          w.cloud.revokeAll();
          break;
        case 'answer':
          answer();
          break;
        case 'clean':
          for (const info of vod.listFiles()) leave(info);
          vod.cleanList();
          break;
        case 'delete':
          leave(vod.listFiles()[one.index]);
          vod.deleteFile(one.index);
          break;
        case 'cancel':
          vod.cancelFile(one.index);
          break;
        case 'resume-file':
          vod.resumeFile(one.index);
          break;
        case 'clear':
          for (const info of vod.listFiles()) if (info.state === one.state) leave(info);
          vod.clear(one.state);
          break;
        case 'fault':
          fault = one.fault;
          faults = one.times;
          break;
      }
    }
    faults = 0;
    w.cloud.options.tokenLife = 3_600_000;
    const open = () => vod.listFiles().filter(({ state }) => state !== 'Success' && state !== 'Canceled');
    for (let turn = 0; turn < 20 && (turn < 4 || open().length > 0); turn++) {
      if (vod.state === 'Expire') answer();
      else vod.startUpload();
      await w.clock.advance(70_000);
    }
    expect(open().map(({ state }) => state)).toEqual([]);
    expect([...gone].filter(stored)).toEqual([]);
    expect(w.reported).toEqual([]);
    const told = w.events.filter((event) => event.startsWith('succeed'));
    expect(new Set(told).size).toBe(told.length);
    for (const info of vod.listFiles()) {
      if (info.state === 'Success') expect(w.cloud.objects.has(info.object ?? '')).toBe(true);
    }
    expect(w.clock.waiting).toBe(0);
  });
  const { runs, seed } = chanceSettings(60);
  await fc.assert(property, { seed, numRuns: runs });
});
