import type { UploadEvents, UploadOptions } from '../api.js';
import type { Checkpoint, CheckpointStore, FileSource, PartHasher } from '../ports.js';
import type { CheckpointWriter } from './checkpoint.js';
import type { Line } from './exchange.js';
import type { Identity } from './fingerprint.js';
import type { Lanes } from './lanes.js';
import type { LinkControl } from './link-control.js';
import type { MediaAuthority } from './media-authority.js';
import type { MediaKind } from './media-kind.js';
import type { OssTarget } from './oss-target.js';
import type { PaceControl } from './pace-control.js';
import type { ProgressMeter } from './progress-meter.js';
import type { Settings } from './settings.js';
import type { StoreContext } from './store-calls.js';
import type { UploadError } from './upload-error.js';

/** What a transfer tells while it goes. */
export interface TransferListener {
  partUploaded(part: UploadEvents['partuploaded']): void;
  retry(retry: UploadEvents['retry']): void;
  credentials(renewal: UploadEvents['credentials']): void;
  warning(error: UploadError): void;
}

/** What one run of a transfer works with. */
export interface TransferContext {
  readonly line: Line;
  readonly link: LinkControl;
  readonly lanes: Lanes;
  readonly pace: PaceControl;
  readonly hasher: PartHasher;
  readonly settings: Settings;
  readonly authority: MediaAuthority;
  readonly source: FileSource;
  readonly meta: UploadOptions;
  readonly kind: MediaKind;
  readonly instant: boolean;
  /** `undefined` for a stream, which cannot be taken up again. */
  readonly identity: Identity | undefined;
  /** Wins over what the server answers. */
  readonly targetOverride: Partial<OssTarget>;
  readonly meter: ProgressMeter;
  readonly checkpoints: CheckpointStore | undefined;
  readonly writer: CheckpointWriter | undefined;
  /** The unfinished upload that is to be taken up, and no other. */
  readonly resume: Checkpoint | undefined;
  readonly store: StoreContext;
  readonly listener: TransferListener;
  /** Ends with the task, not with a pause. */
  readonly lifetime: AbortSignal;
  priority(): number;
}
