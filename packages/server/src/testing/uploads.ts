/** Uploads of media as an SDK makes them: signed with the UploadAuth, over a real connection. */
import { createHash } from 'node:crypto';
import { completeXml, type Reply, send } from '../oss/testing/client.js';
import { type Answer, type ControlRoom, uploadAddressOf, uploadAuthOf } from './control-room.js';

type Query = readonly (readonly [string, string])[];

/** One signed request on the object that an answer of CreateUploadVideo grants. */
export async function ask(
  room: ControlRoom,
  granted: Answer,
  method: string,
  query: Query = [],
  body?: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const { Bucket, FileName } = uploadAddressOf(granted);
  const auth = uploadAuthOf(granted);
  return send(await room.dataPlane(), {
    method,
    bucket: Bucket,
    key: FileName,
    query,
    headers: { 'x-oss-security-token': auth.SecurityToken, ...headers },
    accessKeyId: auth.AccessKeyId,
    secret: auth.AccessKeySecret,
    sign: 'v4',
    ...(body === undefined ? {} : { body }),
  });
}

const sound = (reply: Reply): Reply => {
  if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.body.toString()}`);
  return reply;
};

/** Begins a multipart upload and sends its first parts. @returns the upload id */
export async function begin(room: ControlRoom, granted: Answer, pieces: readonly Buffer[] = []): Promise<string> {
  const uploadId = sound(await ask(room, granted, 'POST', [['uploads', '']], '')).xml('UploadId') ?? '';
  for (const [i, piece] of pieces.entries()) await sendPart(room, granted, uploadId, i + 1, piece);
  return uploadId;
}

export const sendPart = async (room: ControlRoom, granted: Answer, uploadId: string, number: number, piece: Buffer) =>
  sound(
    await ask(
      room,
      granted,
      'PUT',
      [
        ['partNumber', String(number)],
        ['uploadId', uploadId],
      ],
      piece,
    ),
  );

/** Uploads the file of a media in parts, and waits for it to be Normal. */
export async function upload(
  room: ControlRoom,
  granted: Answer,
  pieces: readonly Buffer[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const uploadId = sound(await ask(room, granted, 'POST', [['uploads', '']], '', headers)).xml('UploadId') ?? '';
  const parts: [number, string][] = [];
  for (const [i, piece] of pieces.entries()) {
    const reply = await sendPart(room, granted, uploadId, i + 1, piece);
    parts.push([i + 1, String(reply.headers.etag)]);
  }
  const done = sound(await ask(room, granted, 'POST', [['uploadId', uploadId]], completeXml(parts)));
  await room.completion.settle();
  return done;
}

/** The proof as the documentation has it, written without a look at how the server does it. */
export function proofOf(challenge: string, content: Buffer): string {
  const nonce = Buffer.from(challenge, 'base64');
  const whole = createHash('sha256').update(nonce);
  for (let at = 0; at < content.length; at += 4_194_304) {
    const chunk = content.subarray(at, at + 4_194_304);
    whole.update(createHash('sha256').update(nonce).update(chunk).digest());
  }
  return whole.digest('hex');
}
