/** STS mode: this client calls VOD itself, signed with the token of the application. Reference: vod 4.1, 4.2, 4.4. */
import type { StsCredentials, UploadOptions } from '../api.js';
import type { FileSource } from '../ports.js';
import { attempt } from './attempt.js';
import { RetryBudget } from './backoff.js';
import type { Line } from './exchange.js';
import { type GrantCall, type MediaAuthority, type MediaGrant, readGrant } from './media-authority.js';
import { extensionOf, mediaExtension } from './media-extension.js';
import type { MediaKind } from './media-kind.js';
import type { Renewable } from './renewable.js';
import type { Settings } from './settings.js';
import { callVod } from './vod-call.js';

export type Params = Readonly<Record<string, string | number | undefined>>;

/** One call of VOD, signed with the token and carried through whatever can heal. */
export type VodCaller = (
  action: string,
  params: Params,
  call: Pick<GrantCall, 'signal' | 'onRetry'>,
  retries?: number,
) => Promise<Record<string, unknown>>;

export function vodCaller(
  line: Line,
  settings: Settings,
  endpoint: string,
  token: Renewable<StsCredentials>,
): VodCaller {
  return (action, params, { signal, onRetry }, retries = settings.retryCount) =>
    attempt({
      line,
      credentials: token,
      budget: new RetryBudget(retries),
      retryDelay: settings.retryDelay,
      signal,
      onRetry,
      send: (credentials) => callVod(line, endpoint, credentials, action, params, signal),
    });
}

/** @param extra further parameters of the creation */
export function stsAuthority(line: Line, callVodFor: VodCaller, extra: Params = {}): MediaAuthority {
  const grant = async (action: string, params: Params, call: GrantCall, retries?: number): Promise<MediaGrant> => {
    const askedAt = line.serverClock.now();
    return readGrant(await callVodFor(action, params, call, retries), line.serverClock, askedAt);
  };
  return {
    create: (kind: MediaKind, call, layout) =>
      kind === 'video'
        ? grant('CreateUploadVideo', { ...videoParams(call), PartUnit: layout.unit, ...extra }, call)
        : grant('CreateUploadImage', imageParams(call.source, call.meta), call),
    refresh: (videoId, call) => grant('RefreshUploadVideo', { VideoId: videoId }, call, 0),
  };
}

/** What CreateUploadVideo takes; `FileSample` lets another device find the unfinished upload. */
export function videoParams({ meta, sample, source }: GrantCall): Params {
  const extension = mediaExtension(source.name, source.type);
  return {
    ...commonParams(source, meta),
    // The service wants an extension; a name without one gets that of the MIME type.
    FileName: extensionOf(source.name) || !extension ? source.name : `${source.name}.${extension}`,
    FileSize: source.size?.toString(),
    FileSample: sample,
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
    // Of a list: with commas between.
    Tags: tags?.toString(),
    CateId: cateId?.toString(),
    UserData: typeof userData === 'object' ? JSON.stringify(userData) : userData,
    StorageLocation: meta.storageLocation,
    AppId: meta.appId,
  };
}

/**
 * A title the service takes (reference vod 4.1): 128 characters at most, nothing beyond the basic plane. A file may be
 * called what it likes; only a title that the caller chose is refused with a word.
 */
export function defaultTitle(fileName: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out; phones know no \p{Cc}
  const title = fileName.replace(/[\ud800-\udfff\0-\x1f\x7f-\x9f]/g, '').trim();
  return [...title].slice(0, 128).join('') || 'untitled';
}
