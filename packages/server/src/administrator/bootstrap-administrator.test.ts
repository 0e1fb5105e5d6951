import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../config.js';
import { type RunningServer, startServer } from '../server.js';
import { recordedLog } from '../testing/fixed-parts.js';
import { databaseSettings } from '../testing/test-database.js';
import { bootstrapAdministrator } from './bootstrap-administrator.js';
import { AdministratorRefused } from './make-administrator.js';

let base: string;
let server: RunningServer | undefined;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-admin-'));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await rm(base, { recursive: true });
});

const settings = async () => {
  const data = join(base, 'data');
  const local = { data, api: '127.0.0.1:0', oss: '127.0.0.1:0', logLevel: 'silent' };
  return parseConfig({ ...local, ...(await databaseSettings(`${data}.database`)) });
};
const refused = async (user: string, replace = false): Promise<AdministratorRefused> => {
  const error = await bootstrapAdministrator(await settings(), { user, replace }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AdministratorRefused);
  return error as AdministratorRefused;
};
const refusal = async (user: string): Promise<string> => (await refused(user)).message;
const nameless = { message: expect.stringContaining('1 to 64'), wrongCall: true };

test('an administrator is made beside a running server and without one, and lost keys are replaced', async () => {
  expect(await refusal('admin')).toMatch(/no database|no server has been started/);
  const config = await settings();
  server = await startServer(config, { log: recordedLog() });
  const first = await bootstrapAdministrator(config, { user: 'admin', replace: false });
  expect(first).toMatchObject({ UserName: 'admin', AccessKeyId: expect.stringMatching(/^LTAI/) });
  expect(await refused('a b')).toMatchObject(nameless);
  await server.stop();
  server = undefined;
  expect(await refused('a b')).toMatchObject(nameless);
  const second = await bootstrapAdministrator(config, { user: 'admin', replace: false });
  expect(second.AccountId).toBe(first.AccountId);
  expect(second.AccessKeyId).not.toBe(first.AccessKeyId);
  expect(await refused('admin')).toMatchObject({ message: expect.stringContaining('--replace'), wrongCall: false });
  await bootstrapAdministrator(config, { user: 'admin', replace: true });
  // Of the three keys one is left, so a second one fits again.
  await bootstrapAdministrator(config, { user: 'admin', replace: false });
});
