/**
 * One set of scenarios against the real SDK (npm `aliyun-upload-vod` with `ali-oss`) and against `AliyunUpload.Vod`, in
 * Chromium, on real servers: callbacks, states, codes and what is stored in the end are compared line by line.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXPECTED } from './aliyun-upload/expected-differences.js';
import { scenarios } from './aliyun-upload/scenarios.js';
import { openStage, type Stage } from './aliyun-upload/stage.js';
import { differences } from './aliyun-upload/trace-difference.js';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

describe.concurrent('like the real SDK, but for the listed differences', () => {
  test.each(Object.keys(scenarios))('%s', async (name) => {
    const scenario = scenarios[name] as (typeof scenarios)[string];
    const [real, ours] = await Promise.all([stage.play('real', name, scenario), stage.play('ours', name, scenario)]);
    const expected = EXPECTED[name];
    if (expected && 'steady' in expected) {
      expect(ours).toEqual(expected.ours);
      expect(differences(real, expected.steady).flatMap((hunk) => hunk.ours)).toEqual([]);
      expect(differences(real, ours)).not.toEqual([]);
    } else {
      const hunks = differences(real, ours);
      expect(hunks, JSON.stringify({ hunks, real, ours })).toEqual(expected?.hunks ?? []);
    }
  });
});

test('every listed difference belongs to a scenario', () => {
  expect(Object.keys(EXPECTED).filter((name) => !(name in scenarios))).toEqual([]);
});
