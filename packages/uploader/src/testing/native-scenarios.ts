/**
 * What must come out the same in Node and in Hermes: whole uploads on the fake world, each answering plain data. Nothing in
 * here may need more than a phone has.
 */
import { crc64, crc64Combine, utf8 } from '@sluice/wire';
import { createUploaderOn } from '../core/full-uploader.js';
import type { NativeFile } from '../react-native/file-port.js';
import { PART } from './bench.js';
import { type NativeWorld, nativeWorld } from './native-world.js';

export interface Scenario {
  readonly name: string;
  run(): Promise<unknown>;
}

function uploaderOf(world: NativeWorld) {
  return createUploaderOn<NativeFile>(world.native, {
    endpoint: 'http://vod.test',
    partSize: PART,
    parallel: 3,
    credentials: async ({ reason }) => {
      world.reasons.push(reason);
      return world.cloud.issueToken();
    },
  });
}

/** What the store has, and what it cost. */
function outcome(world: NativeWorld, key: string, uri: string) {
  const stored = world.cloud.objects.get(key)?.body ?? new Uint8Array(0);
  const file = world.device.files.get(uri)?.bytes ?? new Uint8Array(0);
  return {
    key,
    whole: stored.length === file.length && crc64(stored) === crc64(file),
    crc64: String(crc64(stored)),
    calls: world.cloud.calls.map(({ operation, part, status }) => `${operation}${part ?? ''} ${status}`).sort(),
    sentTwice: [...world.cloud.acknowledged().values()].filter((count) => count > 1).length,
    longestRead: world.device.longest,
    remembered: world.device.store.items.size,
  };
}

async function upload(world: NativeWorld, uri: string) {
  const result = await world.clock.resolve(uploaderOf(world).upload(uri).done);
  return { videoId: result.videoId, crc: result.crc64, ...outcome(world, result.key, uri) };
}

const SIZE = 6 * PART + 77;

export const scenarios: readonly Scenario[] = [
  {
    name: 'a file in parts',
    run: () => {
      const world = nativeWorld();
      return upload(world, world.file(SIZE, 'Käse – 漢字 🎬.mp4'));
    },
  },
  {
    name: 'a small file in one piece',
    run: () => {
      const world = nativeWorld();
      return upload(world, world.file(1234));
    },
  },
  {
    name: 'the credential of the file ends on the way',
    run: async () => {
      const world = nativeWorld({ authLife: 90_000 });
      world.http.latency = () => 20_000;
      const sent = await upload(world, world.file(SIZE));
      return { ...sent, refreshed: world.cloud.count('RefreshUploadVideo') };
    },
  },
  {
    name: 'every credential is revoked on the way',
    run: async () => {
      const world = nativeWorld();
      let parts = 0;
      world.cloud.intercept = ({ operation }) => {
        if (operation === 'UploadPart' && ++parts === 3) world.cloud.revokeAll();
        return undefined;
      };
      const sent = await upload(world, world.file(SIZE));
      return { ...sent, reasons: world.reasons };
    },
  },
  {
    name: 'bytes that are changed on the way are sent again',
    run: () => {
      const world = nativeWorld();
      let once = true;
      world.cloud.corrupt = ({ operation, part }, body) => {
        if (operation !== 'UploadPart' || part !== 2 || !once) return body;
        once = false;
        const changed = body.slice();
        changed[5] = (changed[5] as number) ^ 1;
        return changed;
      };
      return upload(world, world.file(SIZE));
    },
  },
  {
    name: 'bytes that are always changed fail the upload',
    run: async () => {
      const world = nativeWorld();
      world.cloud.corrupt = ({ operation }, body) => {
        if (operation !== 'UploadPart') return body;
        const changed = body.slice();
        changed[0] = (changed[0] as number) ^ 255;
        return changed;
      };
      const outcome = await world.clock.settle(uploaderOf(world).upload(world.file(SIZE)).done);
      if (outcome.status === 'fulfilled') return 'uploaded';
      const { code, message, retryable } = outcome.reason as { code: string; message: string; retryable: boolean };
      return { code, message, retryable };
    },
  },
  {
    name: 'paused and resumed',
    run: async () => {
      const world = nativeWorld();
      const uri = world.file(SIZE);
      const states: string[] = [];
      const task = uploaderOf(world).upload(uri);
      task.on('state', (state) => states.push(state));
      task.on('partuploaded', () => {
        if (!states.includes('paused')) task.pause();
      });
      await world.clock.advance(60_000);
      const paused = task.state;
      task.resume();
      const result = await world.clock.resolve(task.done);
      return { paused, states, ...outcome(world, result.key, uri) };
    },
  },
  {
    name: 'the application is killed and started again',
    run: async () => {
      const world = nativeWorld();
      const uri = world.file(SIZE);
      const first = uploaderOf(world);
      const task = first.upload(uri);
      task.done.catch(() => undefined);
      let parts = 0;
      task.on('partuploaded', () => {
        if (++parts === 3) first.close();
      });
      await world.clock.advance(60_000);
      const rememberedBetween = world.device.store.items.size;
      const sent = await upload(world, uri);
      return { rememberedBetween, ...sent };
    },
  },
  {
    name: 'a lost answer and a broken line',
    run: () => {
      const world = nativeWorld();
      let exchanges = 0;
      world.http.fault = () => {
        exchanges++;
        return exchanges === 4 ? 'lost-answer' : exchanges === 7 ? 'lost-request' : undefined;
      };
      return upload(world, world.file(SIZE));
    },
  },
  {
    name: 'VODUploadClient in STS mode, the token ends on the way',
    run: () => mobile(nativeWorld({ tokenLife: 50_000, authLife: 45_000 })),
  },
  {
    name: 'CRC-64 and UTF-8',
    run: async () => {
      const bytes = utf8('Käse – 漢字 🎬 \ud800');
      const [head, tail] = [bytes.subarray(0, 7), bytes.subarray(7)];
      return {
        bytes: [...bytes],
        crc: String(crc64(bytes)),
        combined: String(crc64Combine(crc64(head), crc64(tail), tail.length)),
      };
    },
  },
];

async function mobile(world: NativeWorld) {
  const uri = world.file(SIZE);
  const { events } = world;
  world.http.latency = () => 10_000;
  const client = world.client();
  const token = world.cloud.issueToken();
  const ended = new Promise<string>((resolve) => {
    client.init(token.accessKeyId, token.accessKeySecret, token.securityToken, token.expiration, {
      onUploadStarted: () => events.push('started'),
      onUploadTokenExpired: () => {
        events.push(`expired ${client.getStatus()}`);
        const next = world.cloud.issueToken();
        client.resumeWithToken(next.accessKeyId, next.accessKeySecret, next.securityToken, next.expiration);
      },
      onUploadSucceed: (_info, result) => {
        events.push(`succeeded ${result.videoid}`);
        resolve(client.listFiles()[0]?.object ?? '');
      },
      onUploadFailed: (_info, code) => {
        events.push(`failed ${code}`);
        resolve('');
      },
    });
  });
  client.addFile(uri, { title: 'Talk', tags: ['a', 'b'] });
  client.start();
  const key = await world.clock.resolve(ended);
  return { events, status: client.getStatus(), ...outcome(world, key, uri) };
}
