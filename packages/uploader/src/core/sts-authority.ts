/** STS mode: this client calls VOD itself, signed with the token of the application. Reference: vod 4.1, 4.2, 4.4. */
import type { StsCredentials, UploadOptions } from '../api.js';
import type { FileSource } from '../ports.js';
import { attempt } from './attempt.js';
import { RetryBudget } from './backoff.js';
import type { Line } from './exchange.js';
import { type GrantCall, type MediaAuthority, type MediaGrant, readGrant } from './media-authority.js';
import { extensionOf, type MediaKind, mediaExtension } from './media-kind.js';
import type { Renewable } from './renewable.js';
import type { Settings } from './settings.js';
import { callVod } from './vod-call.js';

type Params = Readonly<Record<string, string | undefined>>;

export function stsAuthority(
  line: Line,
  settings: Settings,
  endpoint: string,
  token: Renewable<StsCredentials>,
): MediaAuthority {
  const call = (action: string, params: Params, { signal, onRetry }: GrantCall, retries: number): Promise<MediaGrant> =>
    attempt({
      line,
      credentials: token,
      budget: new RetryBudget(retries),
      retryDelay: settings.retryDelay,
      signal,
      onRetry,
      send: async (credentials) => {
        const askedAt = line.serverClock.now();
        return readGrant(await callVod(line, endpoint, credentials, action, params, signal), line.serverClock, askedAt);
      },
    });
  return {
    create: (kind: MediaKind, grant) =>
      kind === 'video'
        ? call('CreateUploadVideo', videoParams(grant.source, grant.meta), grant, settings.retryCount)
        : call('CreateUploadImage', imageParams(grant.source, grant.meta), grant, settings.retryCount),
    refresh: (videoId, grant) => call('RefreshUploadVideo', { VideoId: videoId }, grant, 0),
  };
}

function videoParams(source: FileSource, meta: UploadOptions): Params {
  const extension = mediaExtension(source.name, source.type);
  return {
    ...commonParams(source, meta),
    // The service wants an extension; a name without one gets that of the MIME type.
    FileName: extensionOf(source.name) || !extension ? source.name : `${source.name}.${extension}`,
    FileSize: String(source.size),
    CoverURL: meta.coverUrl,
    TemplateGroupId: meta.templateGroupId,
    WorkflowId: meta.workflowId,
    ReferenceId: meta.referenceId,
  };
}

function imageParams(source: FileSource, meta: UploadOptions): Params {
  return {
    ...commonParams(source, meta),
    ImageType: meta.imageType ?? 'default',
    ImageExt: mediaExtension(source.name, source.type),
    OriginalFileName: source.name,
  };
}

function commonParams(source: FileSource, meta: UploadOptions): Params {
  const { tags, userData, cateId } = meta;
  return {
    Title: meta.title || defaultTitle(source.name),
    Description: meta.description,
    Tags: typeof tags === 'string' ? tags : tags?.join(','),
    CateId: cateId === undefined ? undefined : String(cateId),
    UserData: typeof userData === 'object' ? JSON.stringify(userData) : userData,
    StorageLocation: meta.storageLocation,
    AppId: meta.appId,
  };
}

/**
 * A title the service takes (reference vod 4.1): 128 characters at most, nothing beyond the basic plane. A file may be
 * called what it likes; only a title that the caller chose is refused with a word.
 */
function defaultTitle(fileName: string): string {
  const title = fileName.replace(/[\u{10000}-\u{10ffff}\ud800-\udfff]|\p{Cc}/gu, '').trim();
  return [...title].slice(0, 128).join('') || 'untitled';
}
