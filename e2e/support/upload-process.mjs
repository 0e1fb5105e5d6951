/**
 * A program that uploads one file, to be killed: `node upload-process.mjs FILE ENDPOINT DIRECTORY`. Takes `pause` and `resume`
 * as messages, tells `{ videoId }` at the end or `{ error }`.
 */
import { createUploader } from '@sluice/uploader/node';

const [file, endpoint, directory] = process.argv.slice(2);
const uploader = createUploader({
  endpoint,
  directory,
  retryCount: 30,
  retryDelay: 50,
  credentials: async ({ signal }) => {
    const answer = await fetch(`${endpoint}/token`, { method: 'POST', signal });
    if (!answer.ok) throw new Error(`/token answered ${answer.status}`);
    const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = await answer.json();
    return {
      accessKeyId: AccessKeyId,
      accessKeySecret: AccessKeySecret,
      securityToken: SecurityToken,
      expiration: Expiration,
    };
  },
});
const task = uploader.upload(file);
process.on('message', (word) => {
  if (word === 'pause') task.pause();
  else task.resume();
  process.send(word);
});
try {
  const { videoId } = await task.done;
  process.send({ videoId });
} catch (error) {
  process.send({ error: String(error) });
}
uploader.close();
process.disconnect();
