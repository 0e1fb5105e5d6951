import { createHash, randomBytes } from 'node:crypto';
import { crc64 } from '@sluice/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KeyRing, keyRing, newMasterKey } from '../keys/key-ring.js';
import { type Answer, allow, type ControlRoom, controlRoom, policyOf } from '../testing/control-room.js';
import { MINUTE, someRandom } from '../testing/fixed-parts.js';
import { type CallOptions, type Keys, schemes } from '../testing/signed-call.js';
import { ask, proofOf, upload } from '../testing/uploads.js';
import { contentChallenges } from './content-challenge.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const CALLBACK = 'http://receiver.test/hook';
/** Three leaves, the last one short. */
const film = randomBytes(9 * MIB + 17);
const sums = { FileSize: String(film.length), Crc64: crc64(film).toString() };

let room: ControlRoom;
let alice: Keys;
let bob: Keys;
beforeEach(async () => {
  room = await controlRoom({ callbackUrl: CALLBACK });
  alice = await room.session(room.appServer);
  bob = await room.session(room.appServer, { RoleSessionName: 'bob' });
});
afterEach(() => room.close());

type Params = Readonly<Record<string, string>>;
const idOf = (answer: Answer) => String(answer.body.VideoId);
const refusalOf = ({ status, body }: Answer) => [status, body.Code];

async function uploaded(keys: Keys, content = film, headers: Params = {}): Promise<Answer> {
  const granted = await room.call(keys, 'CreateUploadVideo', { FileName: 'film.mp4' });
  const middle = Math.floor(content.length / 2);
  await upload(room, granted, [content.subarray(0, middle), content.subarray(middle)], headers);
  return granted;
}
const find = (keys: Keys, params: Params = {}, how?: CallOptions) =>
  room.call(keys, 'FindContent', { ...sums, ...params }, how);
const challengeFor = async (keys: Keys, params: Params = {}) => {
  const { body, text } = await find(keys, params);
  if (typeof body.Challenge !== 'string') throw new Error(`no challenge: ${text}`);
  return body.Challenge;
};
const create = (keys: Keys, params: Params, how?: CallOptions) =>
  room.call(keys, 'CreateVideoFromContent', { ...sums, FileName: 'mine.mov', ...params }, how);
const proven = (Challenge: string, content = film) => ({ Challenge, Proof: proofOf(Challenge, content) });
/** Proves and creates. */
const instant = async (keys: Keys, params: Params = {}) =>
  create(keys, { ...proven(await challengeFor(keys)), ...params });
const statusOf = async (answer: Answer) => (await room.media.find(idOf(answer)))?.status;
const remove = async (answer: Answer) =>
  expect((await room.call(room.appServer, 'DeleteVideo', { VideoIds: idOf(answer) })).status).toBe(200);
const openLines = async () => {
  await room.oss.start();
  return room.blobs();
};

/** The bytes as the owner of the bucket reads them. */
async function stored(answer: Answer): Promise<Buffer> {
  const open = await room.oss.contents.open({
    bucket: String(answer.body.Bucket),
    key: String(answer.body.FileName),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of open?.bytes() ?? []) chunks.push(chunk);
  open?.release();
  return Buffer.concat(chunks);
}

describe('FindContent', () => {
  test('finds what the account has, whoever of it uploaded it, and asks for a proof', async () => {
    await uploaded(alice);
    for (const keys of [alice, bob]) {
      const { status, body } = await find(keys);
      expect([status, body.Found, Object.keys(body).sort()]).toEqual([200, true, ['Challenge', 'Found', 'RequestId']]);
      expect(Buffer.from(String(body.Challenge), 'base64').length).toBeGreaterThanOrEqual(32);
    }
  });

  test('asks with another challenge every time', async () => {
    await uploaded(alice);
    const challenges = await Promise.all(Array.from({ length: 20 }, () => challengeFor(alice)));
    expect(new Set(challenges).size).toBe(20);
  });

  test('does not find another size or CRC64, an unfinished video, or a deleted one', async () => {
    const granted = await uploaded(alice);
    for (const other of [{ FileSize: String(film.length - 1) }, { Crc64: '1' }]) {
      expect((await find(bob, other)).body).toEqual({ RequestId: expect.any(String), Found: false });
    }
    await room.db.updateTable('media').set({ status: 'Uploading' }).execute();
    expect((await find(bob)).body.Found).toBe(false);
    await room.db.updateTable('media').set({ status: 'Normal' }).execute();
    expect((await find(bob)).body.Found).toBe(true);
    await remove(granted);
    expect((await find(bob)).body.Found).toBe(false);
  });

  test('does not find what another account has, what is no video, and what is below 1 MiB', async () => {
    await uploaded(alice);
    await room.db.updateTable('media').set({ account_id: '9' }).execute();
    expect((await find(alice)).body.Found).toBe(false);
    await room.db.updateTable('media').set({ account_id: room.accountId, kind: 'image' }).execute();
    expect((await find(alice)).body.Found).toBe(false);
    for (const [length, Found] of [
      [MIB - 1, false],
      [MIB, true],
    ] as const) {
      const content = randomBytes(length);
      await uploaded(alice, content);
      const asked = { FileSize: String(length), Crc64: crc64(content).toString() };
      expect((await find(alice, asked)).body.Found, String(length)).toBe(Found);
    }
  });

  test.each<[Params, string]>([
    [{ FileSize: '' }, 'MissingParameter'],
    [{ Crc64: '' }, 'MissingParameter'],
    [{ FileSize: '-1' }, 'InvalidParameter'],
    [{ FileSize: '1e9' }, 'InvalidParameter'],
    [{ Crc64: 'ff' }, 'InvalidParameter'],
    [{ Crc64: '18446744073709551616' }, 'InvalidParameter'],
  ])('refuses %j', async (params, code) => {
    expect(refusalOf(await find(alice, params))).toEqual([400, code]);
  });

  test('is limited for each caller', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => find(alice)));
    expect(answers.map(({ body }) => body.Code)).toContain('Throttling.User');
    expect((await find(bob)).status).toBe(200);
  });

  test('needs the right to create videos, as the other call does', async () => {
    await uploaded(alice);
    const Policy = policyOf(allow(['vod:RefreshUploadVideo', 'vod:FindContent', 'vod:CreateVideoFromContent']));
    const keys = await room.session(room.appServer, { Policy });
    expect(refusalOf(await find(keys))).toEqual([403, 'Forbidden']);
    expect(refusalOf(await create(keys, proven(await challengeFor(alice))))).toEqual([403, 'Forbidden']);
  });
});

describe('CreateVideoFromContent', () => {
  test('makes a video of its own, without a byte being stored', async () => {
    await uploaded(alice, film, { 'content-type': 'video/mp4', 'x-oss-meta-note': 'mine' });
    const blobs = await openLines();
    const answer = await instant(bob, { Title: 'Mine', Tags: 'a,b', ReferenceId: 'my-film-1', FileSample: 'abc' });
    expect(answer.body).toEqual({
      RequestId: expect.any(String),
      VideoId: expect.stringMatching(/^[0-9a-f]{32}$/),
      Bucket: room.installation.bucket,
      FileName: `media/${idOf(answer)}/source.mov`,
      ETag: expect.stringMatching(/^"[0-9A-F]{32}-2"$/),
    });
    expect((await openLines()).sort()).toEqual(blobs.sort());
    expect((await stored(answer)).equals(film)).toBe(true);
    await room.completion.settle();
    expect(await room.media.find(idOf(answer))).toMatchObject({
      owner: 'bob',
      status: 'Normal',
      title: 'Mine',
      tags: 'a,b',
      reference_id: 'my-film-1',
      file_name: 'mine.mov',
      size: film.length,
    });
    const object = await room.db
      .selectFrom('objects')
      .selectAll()
      .where('object_key', '=', String(answer.body.FileName))
      .executeTakeFirst();
    // The type is what players need; the rest of alice's headers is hers.
    expect(object?.headers).toBe('[["content-type","video/mp4"]]');
  });

  test('ends like an upload: FileUploadComplete, and GetVideoInfo by its owner', async () => {
    await uploaded(alice);
    const answer = await instant(bob, { UserData: '{"Extend":{"id":7}}' });
    await room.completion.settle();
    const events = await room.db.selectFrom('outbox').selectAll().execute();
    expect(events.map(({ body }) => JSON.parse(body) as object).find((event) => 'Extend' in event)).toMatchObject({
      EventType: 'FileUploadComplete',
      Status: 'success',
      VideoId: idOf(answer),
      Size: film.length,
      FileUrl: expect.stringContaining(`/media/${idOf(answer)}/source.mov`),
      Extend: '{"id":7}',
    });
    const shown = await room.call(bob, 'GetVideoInfo', { VideoId: idOf(answer) });
    expect(shown.body.Video).toMatchObject({ Status: 'Normal', Size: film.length });
  });

  test('is a content to be found itself, and may be overwritten without harm to the first', async () => {
    const first = await uploaded(alice);
    const second = await instant(bob);
    await room.completion.settle();
    await remove(first);
    const third = await instant(alice);
    expect((await stored(third)).equals(film)).toBe(true);
    const renewed = await room.call(bob, 'RefreshUploadVideo', { VideoId: idOf(second) });
    expect((await ask(room, renewed, 'PUT', [], 'new')).status).toBe(200);
    expect((await stored(third)).equals(film)).toBe(true);
    await remove(second);
    await remove(third);
    expect(await openLines()).toEqual([]);
  });

  test.each(schemes)('is called in any way: %s', async (scheme) => {
    await uploaded(alice);
    const answer = await create(bob, proven(await challengeFor(bob)), { scheme });
    expect(answer.status).toBe(200);
  });

  test('speaks XML', async () => {
    await uploaded(alice);
    const found = await find(bob, {}, { format: 'XML' });
    const Challenge = /<Challenge>([^<]+)</.exec(found.text)?.[1] ?? '';
    const { status, text } = await create(bob, proven(Challenge), { format: 'XML' });
    expect(status).toBe(200);
    expect(text).toMatch(/<CreateVideoFromContentResponse>.*<VideoId>\w{32}<\/VideoId><Bucket>.*<FileName>.*<ETag>/);
  });

  test('takes a ContentType; of an active one in the source nothing is left', async () => {
    await uploaded(alice, film, { 'content-type': 'text/html' });
    const headers = async (answer: Answer) =>
      (await room.oss.contents.open({ bucket: String(answer.body.Bucket), key: String(answer.body.FileName) }))
        ?.contentType;
    expect(await headers(await instant(bob))).toBe('application/octet-stream');
    expect(await headers(await instant(bob, { ContentType: 'video/webm' }))).toBe('video/webm');
    expect(refusalOf(await instant(bob, { ContentType: 'video/mp4\r\nx: y' }))).toEqual([400, 'InvalidParameter']);
  });

  test('checks the parameters of a new video as CreateUploadVideo does', async () => {
    await uploaded(alice);
    expect(refusalOf(await instant(bob, { FileName: 'a.exe' }))).toEqual([400, 'InvalidFileName.Extension']);
    expect(refusalOf(await instant(bob, { FileName: '' }))).toEqual([400, 'MissingParameter']);
    expect(refusalOf(await instant(bob, { Title: 't'.repeat(129) }))).toEqual([400, 'LengthExceededMax']);
    expect(refusalOf(await instant(bob, { StorageLocation: 'other' }))).toEqual([404, 'InvalidStorage.NotFound']);
  });

  test('refuses a ReferenceId that is taken, and nothing is left of the attempt', async () => {
    await uploaded(alice);
    const made = await instant(bob, { ReferenceId: 'my-film-1' });
    const before = await room.db.selectFrom('objects').select('object_key').execute();
    expect(refusalOf(await instant(bob, { ReferenceId: 'my-film-1' }))).toEqual([400, 'InvalidParameter']);
    expect(await room.db.selectFrom('objects').select('object_key').execute()).toEqual(before);
    expect(await statusOf(made)).toBe('Normal');
  });

  test('repeated, because the answer was lost, is the same video', async () => {
    await uploaded(alice);
    const given = proven(await challengeFor(bob));
    const answers = await Promise.all([create(bob, given), create(bob, given)]);
    answers.push(await create(bob, given));
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(await room.db.selectFrom('media').selectAll().execute()).toHaveLength(2);
  });

  test('is off with the setting, as on servers that never had it', async () => {
    const off = await controlRoom({ instantUpload: false });
    const keys = await off.session(off.appServer);
    for (const action of ['FindContent', 'CreateVideoFromContent']) {
      expect(refusalOf(await off.call(keys, action, sums))).toEqual([404, 'InvalidAction.NotFound']);
    }
    await off.close();
  });
});

describe('who does not have the content', () => {
  beforeEach(async () => {
    await uploaded(alice);
  });
  const nothingMade = async () =>
    expect(await room.db.selectFrom('media').select('owner').execute()).toEqual([{ owner: 'alice' }]);

  test('cannot prove it with its size, CRC64, MD5 or SHA-256', async () => {
    const sha = createHash('sha256').update(film).digest();
    for (const guess of [
      () => sha.toString('hex'),
      (challenge: Buffer) => createHash('sha256').update(challenge).update(sha).digest('hex'),
      (challenge: Buffer) => createHash('sha256').update(challenge).digest('hex'),
      (challenge: Buffer) =>
        createHash('sha256').update(challenge).update(createHash('md5').update(film).digest()).digest('hex'),
    ]) {
      const Challenge = await challengeFor(bob);
      const Proof = guess(Buffer.from(Challenge, 'base64'));
      expect(refusalOf(await create(bob, { Challenge, Proof }))).toEqual([400, 'InvalidProof']);
    }
    await nothingMade();
  });

  test('cannot prove it with other content of the same size, or with most of it', async () => {
    const changed = Buffer.from(film);
    changed[film.length - 1] = (changed[film.length - 1] as number) ^ 1;
    for (const content of [changed, film.subarray(0, 8 * MIB), Buffer.concat([film, Buffer.alloc(1)])]) {
      const Challenge = await challengeFor(bob);
      expect(refusalOf(await create(bob, proven(Challenge, content)))).toEqual([400, 'InvalidProof']);
    }
    await nothingMade();
  });

  test('has one try a challenge', async () => {
    const Challenge = await challengeFor(bob);
    const wrong = { Challenge, Proof: '0'.repeat(64) };
    expect(refusalOf(await create(bob, wrong))).toEqual([400, 'InvalidProof']);
    expect(refusalOf(await create(bob, proven(Challenge)))).toEqual([400, 'InvalidProof']);
    await nothingMade();
  });

  test.each(['', 'x', 'A'.repeat(64), '0'.repeat(63), '0'.repeat(65)])('gives no proof with %j', async (Proof) => {
    const answer = await create(bob, { Challenge: await challengeFor(bob), Proof });
    expect([answer.status, answer.body.Code]).toEqual([400, Proof === '' ? 'MissingParameter' : 'InvalidParameter']);
  });

  test('learns from no answer what the proof would have been', async () => {
    const Challenge = await challengeFor(bob);
    const answer = await create(bob, { Challenge, Proof: '0'.repeat(64) });
    const expected = proofOf(Challenge, film);
    expect(answer.text).not.toContain(expected);
    expect(room.log.text()).not.toContain(expected);
  });
});

describe('a challenge', () => {
  beforeEach(async () => {
    await uploaded(alice);
  });
  const refused = [400, 'InvalidChallenge'];

  test('is of no use to another principal', async () => {
    const given = proven(await challengeFor(alice));
    const others = [
      bob,
      await room.session(room.appServer, { RoleSessionName: 'alice2' }),
      await room.user('alice', allow('vod:*')),
      await room.rootKey(),
    ];
    const { arn } = await room.role('other', policyTrusting(), [allow('vod:*')]);
    others.push(await room.session(room.appServer, { RoleArn: arn }));
    for (const keys of others) expect(refusalOf(await create(keys, given))).toEqual(refused);
    // It is not spent by that.
    expect((await create(alice, given)).status).toBe(200);
  });
  const policyTrusting = () =>
    policyOf({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: [`acs:ram::${room.accountId}:root`] },
    });

  test('goes on under a new token of the same session', async () => {
    const given = proven(await challengeFor(alice));
    expect((await create(await room.session(room.appServer), given)).status).toBe(200);
  });

  test('holds for its size and CRC64 only', async () => {
    const other = randomBytes(2 * MIB);
    await uploaded(alice, other);
    const given = proven(await challengeFor(bob), other);
    const others = { FileSize: String(other.length), Crc64: crc64(other).toString() };
    for (const changed of [others, { FileSize: others.FileSize }, { Crc64: others.Crc64 }]) {
      expect(refusalOf(await create(bob, { ...given, ...changed }))).toEqual(refused);
    }
  });

  test('ends after ten minutes', async () => {
    const given = proven(await challengeFor(bob));
    room.clock.advance(10 * MINUTE - 1);
    expect((await create(bob, given)).status).toBe(200);
    const late = proven(await challengeFor(bob));
    room.clock.advance(10 * MINUTE);
    expect(refusalOf(await create(bob, late))).toEqual(refused);
  });

  test('that was changed, shortened, made up or made by other keys is none', async () => {
    const Challenge = await challengeFor(bob);
    const bytes = Buffer.from(Challenge, 'base64');
    const texts = [...bytes.keys()].map((i) => {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ 1;
      return changed.toString('base64');
    });
    texts.push(bytes.subarray(0, -1).toString('base64'), randomBytes(75).toString('base64'), 'x', '*'.repeat(100));
    const found = await room.credentials.lookup(bob.accessKeyId, bob.securityToken);
    if (!found.ok) throw new Error(found.failure);
    const issue = (ring: KeyRing) =>
      contentChallenges(ring, someRandom).issue(
        found.principal,
        { size: film.length, crc64: sums.Crc64 },
        room.clock.now(),
      );
    texts.push(issue(keyRing([newMasterKey(1, room.clock, someRandom)])));
    texts.push(issue(keyRing([newMasterKey(2, room.clock, someRandom)])));
    for (const text of texts) {
      const answer = await create(bob, { Challenge: text, Proof: proofOf(text, film.subarray(0, 10)) });
      expect(refusalOf(answer), text).toEqual(refused);
    }
    for (const good of [Challenge, issue(room.ring)]) expect((await create(bob, proven(good))).status).toBe(200);
  });
});

describe('content that goes away', () => {
  test('before the proof is given is not found', async () => {
    const granted = await uploaded(alice);
    const given = proven(await challengeFor(bob));
    await remove(granted);
    expect(refusalOf(await create(bob, given))).toEqual([404, 'ContentNotFound']);
    // Nobody lost a try: it may come back.
    await uploaded(alice);
    expect((await create(bob, given)).status).toBe(200);
  });

  test('before the proof is given is not missed when another video has it', async () => {
    const granted = await uploaded(alice);
    await instant(alice);
    const given = proven(await challengeFor(bob));
    await remove(granted);
    expect((await stored(await create(bob, given))).equals(film)).toBe(true);
  });

  test('while the proof is computed makes no video, or a whole one', async () => {
    for (let round = 0; round < 6; round++) {
      const granted = await uploaded(alice);
      const given = proven(await challengeFor(bob));
      const creating = create(bob, given);
      for (let turn = 0; turn < round * 8; turn++) await new Promise((resolve) => setImmediate(resolve));
      await remove(granted);
      await room.oss.start();
      const answer = await creating;
      if (answer.status === 200) {
        expect((await stored(answer)).equals(film)).toBe(true);
        await remove(answer);
      } else {
        expect(refusalOf(answer)).toEqual([404, 'ContentNotFound']);
      }
    }
    await room.oss.start();
    expect(await room.blobs()).toEqual([]);
    expect(await room.db.selectFrom('media').selectAll().execute()).toEqual([]);
    expect(await room.db.selectFrom('objects').selectAll().execute()).toEqual([]);
  });
});

describe('proofs in a rush', () => {
  test('wait in line, and beyond its end are told to come back', async () => {
    await uploaded(alice);
    const callers = [alice, bob, await room.session(room.appServer, { RoleSessionName: 'carol' })];
    const given = await Promise.all(
      callers.flatMap((keys) =>
        Array.from({ length: 10 }, async () => [keys, proven(await challengeFor(keys))] as const),
      ),
    );
    const answers = await Promise.all(given.map(([keys, each]) => create(keys, each)));
    const refused = answers.filter(({ status }) => status !== 200);
    // Two are computed at a time and sixteen may wait; eight at most of one caller.
    expect(refused).toHaveLength(12);
    expect(answers.slice(0, 10).filter(({ status }) => status === 200)).toHaveLength(8);
    for (const answer of refused) {
      expect(refusalOf(answer)).toEqual([400, 'Throttling.User']);
      expect(answer.headers['retry-after']).toBe('5');
    }
    for (const [i, [keys, each]] of given.entries()) {
      if (answers[i]?.status !== 200) expect((await create(keys, each)).status).toBe(200);
    }
  });
});
