/**
 * Your own back end as an AppServer: it knows who is logged in, and hands each user a token for that user's uploads only.
 *
 *     node server.mjs .sluice/credentials.json http://127.0.0.1:8400
 *     curl -u ada:any http://127.0.0.1:8080/token
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import {
  createAppServer,
  createStsClient,
  createTokenVendor,
  createUploadBroker,
  toNodeHandler,
  uploadScope,
} from '@sluice/appserver';

const [file = '.sluice/credentials.json', endpoint = 'http://127.0.0.1:8400', port = '8080'] = process.argv.slice(2);
const { appServer, uploadRoleArn, bucket } = JSON.parse(await readFile(file, 'utf8'));

const sts = createStsClient({ endpoint, ...appServer });
const vendor = createTokenVendor({
  assumeRole: sts.assumeRole,
  roleArn: uploadRoleArn,
  sessionPolicy: uploadScope({ bucket }),
});
const broker = createUploadBroker({ endpoint, credentials: vendor.token });

/** Stands for your login: here any password will do. */
function identify(request) {
  const basic = /^Basic (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1];
  return basic && Buffer.from(basic, 'base64').toString().split(':')[0];
}

const server = createServer(toNodeHandler(createAppServer({ vendor, broker, identify })));
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
