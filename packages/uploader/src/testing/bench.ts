/** A whole upload world under one clock: cloud, line, platform, and an uploader on it. */
import { nodeDigests } from '@sluice/wire/node';
import type { UploaderOptions } from '../api.js';
import { adviceFor } from '../core/advice.js';
import { chunkedHasher } from '../core/chunked-hasher.js';
import { createUploaderOn } from '../core/full-uploader.js';
import { localError } from '../core/upload-error.js';
import type { InternalOptions } from '../core/uploader.js';
import { readParsedXml } from '../node/parsed-xml.js';
import type { Checkpoint, CheckpointStore, FileSource, PartHasher, Platform } from '../ports.js';
import { FakeHttpStack } from './fake-http-stack.js';
import { ManualClock } from './manual-clock.js';
import { ManualNetwork } from './manual-network.js';
import { MiniCloud, type MiniCloudOptions } from './mini-cloud.js';

/** A file of a test; may be changed under the uploader. */
export interface TestFile {
  name: string;
  bytes: Uint8Array;
  lastModified: number;
  type: string;
  unreadable?: boolean;
}

export const PART = 102_400;

/** What the store has under a key is the file, byte for byte. */
export function isStored(cloud: MiniCloud, key: string, file: TestFile): boolean {
  return Buffer.from(file.bytes).equals(cloud.objects.get(key)?.body ?? new Uint8Array());
}

/** Bytes that differ from part to part. */
export function testFile(size: number, name = 'talk.mp4', lastModified = 1_700_000_000_000): TestFile {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = i * 31 + (i >> 8) * 7 + (i >> 16);
  return { name, bytes, lastModified, type: '' };
}

export class MemoryCheckpoints implements CheckpointStore {
  readonly records = new Map<string, Checkpoint>();
  writes = 0;
  async get(fingerprint: string): Promise<Checkpoint | undefined> {
    return this.records.get(fingerprint);
  }
  async set(checkpoint: Checkpoint): Promise<void> {
    this.writes++;
    this.records.set(checkpoint.fingerprint, structuredClone(checkpoint));
  }
  async delete(fingerprint: string): Promise<void> {
    this.records.delete(fingerprint);
  }
  async list(): Promise<readonly Checkpoint[]> {
    return [...this.records.values()];
  }
}

export function testSource(file: TestFile, hasher: PartHasher = chunkedHasher): FileSource {
  const { name, type, lastModified } = file;
  const size = file.bytes.length;
  const read = (start: number, end: number) => {
    if (file.unreadable) throw localError('FileUnreadable', 'The file could not be read.');
    return file.bytes.slice(start, end);
  };
  return {
    name,
    type,
    size,
    lastModified,
    slice: async (start, end) => {
      const body = read(start, end);
      return { body, crc64: hasher.crc64(body) };
    },
    crc64: async (start, end) => hasher.crc64(read(start, end)),
    check: async () => {
      if (file.bytes.length !== size || file.lastModified !== lastModified) {
        throw localError('FileChanged', 'The file changed while it was uploaded.');
      }
    },
  };
}

export interface World {
  readonly clock: ManualClock;
  readonly cloud: MiniCloud;
  readonly http: FakeHttpStack;
  readonly checkpoints: MemoryCheckpoints;
  readonly reported: unknown[];
  readonly platform: Platform<TestFile>;
  readonly network: ManualNetwork;
  /** Calls of `credentials`. */
  readonly reasons: string[];
  uploader(
    options?: UploaderOptions<TestFile>,
    internal?: InternalOptions,
    more?: Partial<Platform<TestFile>>,
  ): ReturnType<typeof createUploaderOn<TestFile>>;
}

/** @param skew milliseconds the server's clock is ahead of this machine's */
export function world(options: Partial<MiniCloudOptions> & { skew?: number } = {}): World {
  const clock = new ManualClock();
  const skew = options.skew ?? 0;
  const cloud = new MiniCloud({ now: () => clock.now() + skew, ossEndpoint: 'http://oss.test', ...options });
  const http = new FakeHttpStack(cloud, clock);
  const checkpoints = new MemoryCheckpoints();
  const reported: unknown[] = [];
  const reasons: string[] = [];
  const network = new ManualNetwork();
  const platform: Platform<TestFile> = {
    http,
    clock,
    random: () => 0.5,
    digests: nodeDigests,
    hasher: chunkedHasher,
    maxParallel: 5,
    advice: adviceFor,
    readXml: readParsedXml,
    network,
    reportError: (error) => reported.push(error),
    extras: () => import('../core/extras.js'),
    open: async (file, _overrides, hasher) => testSource(file, hasher),
    checkpoints: () => checkpoints,
  };
  const credentials = async ({ reason }: { reason: string }) => {
    reasons.push(reason);
    return cloud.issueToken();
  };
  return {
    clock,
    cloud,
    http,
    checkpoints,
    reported,
    reasons,
    network,
    platform,
    uploader: (chosen = {}, internal = {}, more = {}) =>
      createUploaderOn(
        { ...platform, ...more },
        { endpoint: 'http://vod.test', partSize: PART, ...(chosen.auth ? {} : { credentials }), ...chosen },
        internal,
      ),
  };
}
