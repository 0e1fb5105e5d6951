import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordedLog } from '../testing/fixed-parts.js';
import { askLocalJson } from './ask-local-json.js';
import { answerJson, type LocalCommand, localControl } from './local-control.js';

let data: string;
let stop: () => Promise<void>;
const commands: LocalCommand[] = [
  { method: 'GET', path: '/good', run: async ({ response }) => answerJson(response, { good: true }) },
  {
    method: 'POST',
    path: '/full',
    run: async () => {
      throw new Error('ENOSPC: no space left on device');
    },
  },
];
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'sluice-control-'));
  ({ stop } = await localControl({ data, commands, log: recordedLog() }));
});
afterEach(async () => {
  await stop();
  await rm(data, { recursive: true });
});

test('a command is answered, and one that fails is told why', async () => {
  expect(await askLocalJson(data, 'GET', '/good')).toEqual({ good: true });
  await expect(askLocalJson(data, 'POST', '/full')).rejects.toThrow(
    'the server refused: it failed: ENOSPC: no space left on device',
  );
});

test('nobody is asked where no server runs', async () => {
  await stop();
  expect(await askLocalJson(data, 'GET', '/good')).toBeUndefined();
});
