/** The calls of STS that are signed, on one core: AssumeRole answers with a sealed token, GetCallerIdentity with a name. */
import { CONNECTIONS, controlRun, SERVER_CORE } from './lib/control-run.mjs';
import { controlTable } from './lib/control-table.mjs';
import { requestHead } from './lib/generator.mjs';
import { fastifyHello } from './lib/hello.mjs';
import { withScratch } from './lib/scratch.mjs';
import { signedForm, startSluice } from './lib/sluice.mjs';

const WARM_UP = 4000;
const COUNT = 15_000;
const USERS = 1000;

/** @param {{ rounds: number, progress(text: string): void }} options */
export const assumeRole = (options) =>
  controlTable(
    [
      { name: 'AssumeRole', run: () => once('AssumeRole', session()) },
      { name: 'AssumeRole with a session policy', run: () => once('AssumeRole', session(ownFolder)) },
      { name: 'GetCallerIdentity', run: () => once('GetCallerIdentity', () => ({})) },
      fastifyHello,
    ],
    { title: 'AssumeRole', ...options },
  );

/** The policy that the AppServer sends: a folder for each user. */
const ownFolder = ({ accountId, bucket }, user) => ({
  Policy: JSON.stringify({
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload'],
        Resource: `acs:oss:*:${accountId}:${bucket}/users/${user}/*`,
      },
    ],
  }),
});

const session =
  (policyOf = () => ({})) =>
  (credentials, user) => ({
    RoleArn: credentials.uploadRoleArn,
    RoleSessionName: user,
    ...policyOf(credentials, user),
  });

function once(action, parametersOf) {
  return withScratch(async (directory) => {
    const sluice = await startSluice(directory, { core: SERVER_CORE });
    const { appServer } = sluice.credentials;
    // Every request is signed beforehand and once: nonces are good for one use.
    const call = (_, i) => {
      const user = `user-${i % USERS}`;
      const body = signedForm(appServer, '2015-04-01', action, parametersOf(sluice.credentials, user));
      const headers = {
        host: `127.0.0.1:${sluice.apiPort}`,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      };
      return requestHead('POST', '/', headers) + body;
    };
    const plan = (count) => ({
      port: sluice.apiPort,
      connections: CONNECTIONS,
      heads: Array.from({ length: count }, call),
      count,
    });
    return controlRun(
      sluice,
      async (generate) => void (await generate(plan(WARM_UP))),
      () => plan(COUNT),
    );
  });
}
