import type { Checkpoint } from '../ports.js';
import type { Line } from './exchange.js';
import type { MediaGrant } from './media-authority.js';
import { sendOss } from './oss-send.js';
import { isMediaGone } from './refusal.js';
import type { Settings } from './settings.js';
import type { VodCaller } from './sts-authority.js';
import { codeOf } from './upload-error.js';

export interface AbandonHost {
  readonly callVod: VodCaller | undefined;
  readonly line: Line;
  readonly settings: Settings;
  readGrant(answer: Record<string, unknown>): MediaGrant;
}

/** Removes an unfinished upload from the server. In credential mode the server removes it by itself, after some days. */
export async function abandonUpload(
  { uploadId, videoId }: Checkpoint,
  { callVod, line, readGrant, settings }: AbandonHost,
  signal: AbortSignal,
): Promise<void> {
  if (!callVod) return;
  try {
    const call = { signal, onRetry: () => {} };
    const answer = await callVod('RefreshUploadVideo', { VideoId: videoId }, call);
    const { auth, target } = readGrant(answer);
    if (!target) return;
    await sendOss(line, settings, target, auth, { method: 'DELETE', query: [['uploadId', uploadId]] }, signal);
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (code !== 'NoSuchUpload' && !isMediaGone(code)) throw error;
  }
}
