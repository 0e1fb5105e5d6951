import { equalsConstantTime } from '@sluice/wire';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { ObjectContents } from '../oss/contents.js';
import { quoted } from '../oss/etag.js';
import { gatewayErrors } from '../rpc/gateway-errors.js';
import { type Call, type Operation, operation } from '../rpc/operation.js';
import { type ClaimedContent, type ContentChallenges, callerOf } from './content-challenge.js';
import { vodErrors } from './errors.js';
import { contentShape } from './find-content.js';
import type { MediaStore, NewMedia } from './media-store.js';
import { invalidMetadata } from './metadata-input.js';
import { newVideo, videoShape } from './new-video.js';
import { possessionProof } from './possession-proof.js';
import { creationDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';
import { type LineLimits, waitingLine } from './waiting-line.js';

const input = z.object({
  ...videoShape,
  ...contentShape,
  Challenge: z.string().max(128),
  Proof: z.string().regex(/^[0-9a-f]{64}$/),
  ContentType: z
    .string()
    .regex(/^[\w.+-]{1,60}\/[\w.+-]{1,60}$/)
    .optional(),
});

/** Of proofs being computed: each reads a whole object. */
const LINE: LineLimits = { atOnce: 2, longest: 16, ofOne: 8 };
const RETRY_AFTER_MS = 5_000;
const REMEMBERED = 1_000;

export interface CreateFromContentParts extends Pick<UploadParts, 'random' | 'bucket'> {
  readonly media: MediaStore;
  readonly challenges: ContentChallenges;
  readonly contents: ObjectContents;
}

interface Made {
  readonly VideoId: string;
  readonly Bucket: string;
  readonly FileName: string;
  readonly ETag: string;
}

interface Attempt {
  readonly proof: string;
  readonly made: Promise<Made>;
}

/**
 * CreateVideoFromContent, an extension (docs/extensions.md): a video of a content that the account has already, for who
 * proves to have it too. No byte is copied; what follows is what follows an upload.
 *
 * A challenge is good for one proof. Repeating a call that was right gives the same video, also while it still runs: the
 * object is read from end to end, and the client may have given up waiting.
 */
export function createVideoFromContent(parts: CreateFromContentParts): Operation {
  const { media, challenges, contents } = parts;
  const line = waitingLine(LINE);
  const attempts = new LRUCache<string, Attempt>({ max: REMEMBERED });

  async function make(row: NewMedia, given: z.output<typeof input>, challenge: Uint8Array, call: Call): Promise<Made> {
    const content = contentOf(given);
    const kept = await media.findByContent(row.account_id, content);
    const open = kept && (await contents.open({ bucket: kept.bucket, key: kept.object_key }));
    if (!open) throw vodErrors.contentNotFound();
    try {
      const { object } = open;
      if (object.size !== content.size || object.crc64 !== content.crc64) throw vodErrors.contentNotFound();
      const expected = await possessionProof(challenge, open.bytes());
      if (!equalsConstantTime(expected, given.Proof)) throw vodErrors.invalidProof();
      const stored = await contents.share(object, {
        name: { bucket: row.bucket, key: row.object_key },
        contentType: given.ContentType ?? playable(open.contentType),
        requestId: call.requestId,
        async prepare(transaction) {
          await media.create(row, transaction);
        },
      });
      if (!stored) throw vodErrors.contentNotFound();
      return { VideoId: row.media_id, Bucket: stored.bucket, FileName: stored.key, ETag: quoted(stored.etag) };
    } finally {
      open.release();
    }
  }

  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'CreateVideoFromContent',
    description: 'Creates a video of a content that is stored already.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (_given, { principal }) => [creationDemand(principal, 'CreateUploadVideo')],
    async handle(given, call) {
      const row = newVideo({ ...given, FileSize: String(given.FileSize) }, call, parts);
      const challenge = challenges.open(given.Challenge, call.principal, contentOf(given), call.now);
      if (!challenge) throw vodErrors.invalidChallenge();
      const name = Buffer.from(challenge).toString('hex');
      const before = attempts.get(name);
      if (before) {
        if (!equalsConstantTime(before.proof, given.Proof)) throw vodErrors.invalidProof();
        return before.made;
      }
      const made = line.enter(callerOf(call.principal).join(), () => make(row, given, challenge, call));
      if (!made) throw gatewayErrors.throttled(RETRY_AFTER_MS);
      attempts.set(name, { proof: given.Proof, made });
      made.catch((error: unknown) => {
        // A wrong proof is remembered: each costs a reading of the object, so each takes a new challenge.
        if (!isInvalidProof(error)) attempts.delete(name);
      });
      return made;
    },
  });
}

const contentOf = (given: { FileSize: number; Crc64: string }): ClaimedContent => ({
  size: given.FileSize,
  crc64: given.Crc64,
});

/** Of another's metadata only a type that browsers play, and never run, is taken over. */
const playable = (type: string | undefined): string =>
  type !== undefined && /^(?:video|audio)\/[\w.+-]+$/i.test(type) ? type : 'application/octet-stream';

const isInvalidProof = (error: unknown): boolean =>
  (error as { code?: unknown }).code === vodErrors.invalidProof().code;
