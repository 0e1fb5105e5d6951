/**
 * Uploads a file from a server or a script, with tokens from an AppServer.
 *
 *     node upload.mjs movie.mp4 http://127.0.0.1:8400 http://127.0.0.1:8400/token
 */
import { createUploader } from '@sluice/uploader/node';

const [file, endpoint = 'http://127.0.0.1:8400', tokenUrl = `${endpoint}/token`, user = ''] = process.argv.slice(2);

const uploader = createUploader({
  endpoint,
  credentials: async ({ signal }) => {
    const authorization = `Basic ${Buffer.from(`${user}:`).toString('base64')}`;
    const answer = await fetch(tokenUrl, { signal, headers: user ? { authorization } : {} });
    if (!answer.ok) throw new Error(`No token (HTTP ${answer.status}).`);
    const token = await answer.json();
    return {
      accessKeyId: token.AccessKeyId,
      accessKeySecret: token.AccessKeySecret,
      securityToken: token.SecurityToken,
      expiration: token.Expiration,
    };
  },
});

const task = uploader.upload(file, { title: 'From a script' });
task.on('progress', ({ fraction }) => process.stderr.write(`\r${Math.floor(fraction * 100)} %`));
const { videoId, size, crc64 } = await task.done;
console.log(JSON.stringify({ videoId, size, crc64 }));
uploader.close();
