import type { UploadAuth } from '@sluice/wire';
import type { StsCredentials, UploaderOptions } from '../api.js';
import type { Line } from '../core/exchange.js';
import type { OssTarget } from '../core/oss-target.js';
import type { Settings } from '../core/settings.js';
import type { Environment, HttpResponse } from '../ports.js';
import type { Finding } from './finding.js';
import type { Secrets } from './secrets.js';

/** Options of a check of the set-up. */
export interface CheckOptions {
  /**
   * Also a dry run of an upload: makes an empty media titled `sluice-doctor` and a multipart upload, sends one part of
   * zeros, lists it, and takes all of it back. The role of upload clients may normally not delete media: then the empty media
   * remains, and the next check uses it again. Without it nothing is made, and the data plane is not looked at. Default `false`.
   */
  readonly probe?: boolean | undefined;
  /** Outside of browsers: also check what a page of this origin would be told (CORS), e.g. `https://app.example.com`. */
  readonly origin?: string | undefined;
  /** Bytes of the part of the dry run, default 102 400. Raise it to find a proxy that refuses bodies as long as your parts. */
  readonly partSize?: number | undefined;
  /** Milliseconds for one call, also of `credentials` and `auth`; default 10 000. */
  readonly timeout?: number | undefined;
  /** Ends the check; what was begun is taken back as far as it goes. */
  readonly signal?: AbortSignal | undefined;
  /** Hears every finding as it comes. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
}

/** Title and ReferenceId of the media of the dry run. */
export const PROBE_TITLE = 'sluice-doctor';

/** What a browser tells of a URL whose answer it may not show. */
export type Reach = 'answered' | 'silent' | 'forbidden-by-page';

/** What the certificate of a server says of itself. */
export interface CertificateFacts {
  /** Milliseconds since the Unix epoch. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly issuer: string;
  /** Comma separated. */
  readonly names: string;
}

/** What the doctor needs of a platform beside its environment. */
export interface CheckPieces<File> {
  readonly env: Environment;
  /** A file of zeros for `auth()`, which is asked for the credential of a file. */
  probeFile(size: number, name: string): File;
  /** In pages only. */
  readonly page?: { readonly origin: string; readonly secure: boolean } | undefined;
  /** In pages only: whether a server answers at all, CORS or not. */
  reach?(url: string, signal: AbortSignal): Promise<Reach>;
  /** Where certificates can be looked at; `undefined` when there is none. */
  certificate?(url: string, signal: AbortSignal): Promise<CertificateFacts | undefined>;
}

/** What the checks learnt so far. */
export interface Facts {
  settings?: Settings;
  /** VOD endpoint. */
  endpoint?: string;
  vodAnswer?: HttpResponse;
  credentials?: StsCredentials;
  /** Code of the answer to a RefreshUploadVideo of nothing. */
  refreshCode?: string;
  auth?: UploadAuth;
  target?: OssTarget;
  videoId?: string;
  storeAnswer?: HttpResponse;
  uploadId?: string;
  partAnswer?: HttpResponse;
}

export interface CheckContext<File> {
  readonly options: UploaderOptions<File>;
  readonly pieces: CheckPieces<File>;
  readonly line: Line;
  readonly signal: AbortSignal;
  readonly probe: boolean;
  readonly origin: string | undefined;
  readonly partSize: number;
  readonly secrets: Secrets;
  readonly facts: Facts;
}

/** A fact that the checks before this one found. */
export function known<T>(fact: T | undefined): T {
  if (fact === undefined) throw new TypeError('A check ran before the one it needs.');
  return fact;
}
