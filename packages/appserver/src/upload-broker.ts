import type { Pair } from '@sluice/wire';
import { createRpcClient, type RpcAnswer, type RpcEndpoint } from './rpc-client.js';
import type { StsCredentials } from './sts-client.js';
import { VodError } from './upstream-error.js';

interface MediaFields {
  readonly description?: string | undefined;
  /** At most 16, each at most 32 characters. */
  readonly tags?: readonly string[] | undefined;
  readonly cateId?: number | undefined;
  /** Sent as JSON; `Extend` comes back in events (reference vod 4.14). */
  readonly userData?: object | undefined;
  readonly storageLocation?: string | undefined;
  readonly appId?: string | undefined;
}

/** Parameters of `CreateUploadVideo` (reference vod 4.1). */
export interface CreateVideo extends MediaFields {
  /** At most 128 characters. */
  readonly title: string;
  /** With its extension. */
  readonly fileName: string;
  /** Bytes. */
  readonly fileSize?: number | undefined;
  readonly coverUrl?: string | undefined;
  readonly templateGroupId?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly referenceId?: string | undefined;
}

/** Parameters of `CreateUploadImage` (reference vod 4.2). */
export interface CreateImage extends MediaFields {
  /** Default `default`; `cover` images are not listed. */
  readonly imageType?: 'default' | 'cover' | undefined;
  readonly imageExt?: 'png' | 'jpg' | 'jpeg' | 'gif' | 'heic' | undefined;
  readonly title?: string | undefined;
  readonly originalFileName?: string | undefined;
}

/** The answer of VOD, untouched: `RequestId`, `VideoId` or `ImageId`, `UploadAddress`, `UploadAuth` and more. */
export type UploadGrant = RpcAnswer;

/** Makes media and their credentials for users; made by {@link createUploadBroker}. Rejects with `VodError`. */
export interface UploadBroker {
  create(user: string, video: CreateVideo): Promise<UploadGrant>;
  createImage(user: string, image: CreateImage): Promise<UploadGrant>;
  /** Images cannot be refreshed: create again. */
  refresh(user: string, videoId: string): Promise<UploadGrant>;
}

/** Options of {@link createUploadBroker}. */
export interface UploadBrokerOptions extends RpcEndpoint {
  /** The user's own scoped token, `(user) => vendor.token(user)`, so that VOD sees who uploads. */
  readonly credentials: (user: string) => Promise<StsCredentials>;
}

/**
 * Credential mode: this back end creates the media, and the client gets an upload address and auth for that one file
 * instead of a token (reference vod 6). Calls VOD 2017-03-21.
 *
 * @throws TypeError without an endpoint or credentials
 * @throws VodError (as a rejection) when VOD refuses; whatever `credentials` throws
 */
export function createUploadBroker(options: UploadBrokerOptions): UploadBroker {
  if (typeof options.credentials !== 'function')
    throw new TypeError('credentials must be a function from the user to a token: that of createTokenVendor()');
  const call = createRpcClient({ ...options, version: '2017-03-21' }, VodError);
  const run = async (user: string, action: string, params: readonly Pair[]): Promise<UploadGrant> =>
    call(await options.credentials(user), action, params);
  return {
    create: (user, video) =>
      run(
        user,
        'CreateUploadVideo',
        present([
          ['Title', video.title],
          ['FileName', video.fileName],
          ['FileSize', video.fileSize],
          ['CoverURL', video.coverUrl],
          ['TemplateGroupId', video.templateGroupId],
          ['WorkflowId', video.workflowId],
          ['ReferenceId', video.referenceId],
          ...commonParams(video),
        ]),
      ),
    createImage: (user, image) =>
      run(
        user,
        'CreateUploadImage',
        present([
          ['ImageType', image.imageType ?? 'default'],
          ['ImageExt', image.imageExt],
          ['Title', image.title],
          ['OriginalFileName', image.originalFileName],
          ...commonParams(image),
        ]),
      ),
    refresh: (user, videoId) => run(user, 'RefreshUploadVideo', [['VideoId', videoId]]),
  };
}

type Optional = readonly [name: string, value: string | number | undefined];

function commonParams(fields: MediaFields): readonly Optional[] {
  return [
    ['Description', fields.description],
    ['Tags', fields.tags?.join(',')],
    ['CateId', fields.cateId],
    ['UserData', fields.userData && JSON.stringify(fields.userData)],
    ['StorageLocation', fields.storageLocation],
    ['AppId', fields.appId],
  ];
}

function present(params: readonly Optional[]): Pair[] {
  return params.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as const],
  );
}
