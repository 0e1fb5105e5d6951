/** What it costs to verify a signature and to decide: GetObject by tokens and presigned, beside what everybody may read: 7 bytes each. */
import { CONNECTIONS, controlRun, SERVER_CORE } from './lib/control-run.mjs';
import { controlTable } from './lib/control-table.mjs';
import { requestHead } from './lib/generator.mjs';
import { fastifyHello } from './lib/hello.mjs';
import { withScratch } from './lib/scratch.mjs';
import { administratorKeys, callOss, ossHead, startSluice, uploadToken } from './lib/sluice.mjs';
import { figure, markdownTable } from './lib/statistics.mjs';

const WARM_UP = 4000;
const COUNT = 20_000;
const KEY = 'users/alice/film.mp4';
const OPEN = 'GetObject by anybody, of an object that everybody may read';

/** @param {{ rounds: number, progress(text: string): void }} options */
export async function authorise(options) {
  const byToken = (more) => (sluice) => uploadToken(sluice, more(sluice));
  const { text, others } = await controlTable(
    [
      { name: OPEN, run: () => once() },
      { name: 'GetObject by a token, signed with V4', run: () => once(byToken(() => ({}))) },
      { name: '… whose session policy is one folder', run: () => once(byToken(folder)) },
      { name: '… whose session policy has 2 048 characters', run: () => once(byToken(largest)) },
      fastifyHello,
    ],
    { title: 'authorise', ...options },
  );
  return { text: `${text}\n\n${await sizes()}`, others };
}

function once(keysOf) {
  return withScratch(async (directory) => {
    const sluice = await startSluice(directory, { core: SERVER_CORE });
    const administrator = await administratorKeys(directory);
    const opened = { 'x-oss-object-acl': 'public-read' };
    await callOss(sluice, administrator, { method: 'PUT', key: KEY, headers: opened }, 'content');
    const host = `${sluice.credentials.bucket}.${sluice.ossHost}`;
    const keys = await keysOf?.(sluice);
    const head = keys ? ossHead(sluice, keys, { method: 'GET', key: KEY }, 0) : requestHead('GET', `/${KEY}`, { host });
    const plan = (count) => ({ port: sluice.ossPort, connections: CONNECTIONS, heads: [head], count });
    return controlRun(
      sluice,
      async (generate) => void (await generate(plan(WARM_UP))),
      () => plan(COUNT),
    );
  });
}

const statement = ({ credentials: { accountId, bucket } }, folders) => ({
  Effect: 'Allow',
  Action: ['oss:GetObject', 'oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload'],
  Resource: folders.map((folder) => `acs:oss:*:${accountId}:${bucket}/${folder}/*`),
});
const policyOf = (sluice, folders) => JSON.stringify({ Version: '1', Statement: [statement(sluice, folders)] });

const folder = (sluice) => ({ Policy: policyOf(sluice, ['users/alice']) });

/** As long as a session policy may be; the folder that is asked for comes last. */
function largest(sluice) {
  const folders = ['users/alice'];
  for (let i = 0; policyOf(sluice, [`users/other-${i}`, ...folders]).length <= 2048; i++)
    folders.unshift(`users/other-${i}`);
  return { Policy: policyOf(sluice, folders) };
}

/** Characters of SecurityToken. */
function sizes() {
  return withScratch(async (directory) => {
    const sluice = await startSluice(directory);
    const { process, ...running } = sluice;
    try {
      const longName = 'a'.repeat(64);
      const rows = [];
      for (const [name, more] of [
        ['a role, nothing else', {}],
        ['with a session policy of one folder', folder(running)],
        ['with a session policy of 2 048 characters', largest(running)],
        ['and a session name of 64 characters', { ...largest(running), RoleSessionName: longName }],
      ]) {
        const { securityToken = '' } = await uploadToken(sluice, /** @type {Record<string, string>} */ (more));
        rows.push([name, figure(securityToken.length)]);
      }
      return markdownTable(['SecurityToken', 'characters'], rows);
    } finally {
      process.kill();
    }
  });
}
