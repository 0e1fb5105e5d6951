/** States as the mobile SDKs name them, spelling included. Reference: vod 2.1, 3.1. */

/** Android, one file. */
export const UploadStateType = {
  INIT: 'INIT',
  UPLOADING: 'UPLOADING',
  SUCCESS: 'SUCCESS',
  FAIlURE: 'FAIlURE',
  CANCELED: 'CANCELED',
  PAUSING: 'PAUSING',
  PAUSED: 'PAUSED',
  DELETED: 'DELETED',
} as const;
export type UploadStateType = (typeof UploadStateType)[keyof typeof UploadStateType];

/** Android, the client. */
export const VodUploadStateType = {
  INIT: 'INIT',
  STARTED: 'STARTED',
  GETVODAUTH: 'GETVODAUTH',
  STOPED: 'STOPED',
  PAUSED: 'PAUSED',
  FINISHED: 'FINISHED',
  FAIlURE: 'FAIlURE',
} as const;
export type VodUploadStateType = (typeof VodUploadStateType)[keyof typeof VodUploadStateType];

/** iOS, one file. */
export const VODUploadFileStatus = { Ready: 0, Uploading: 1, Canceled: 2, Paused: 3, Success: 4, Failure: 5 } as const;
export type VODUploadFileStatus = (typeof VODUploadFileStatus)[keyof typeof VODUploadFileStatus];

/** iOS, the client. */
export const VODStatus = {
  Ready: 0,
  Started: 1,
  Paused: 2,
  Cancel: 3,
  Stoped: 4,
  Success: 5,
  Failure: 6,
  Expire: 7,
} as const;
export type VODStatus = (typeof VODStatus)[keyof typeof VODStatus];

const FILE: Readonly<Record<UploadStateType, VODUploadFileStatus>> = {
  INIT: VODUploadFileStatus.Ready,
  UPLOADING: VODUploadFileStatus.Uploading,
  SUCCESS: VODUploadFileStatus.Success,
  FAIlURE: VODUploadFileStatus.Failure,
  CANCELED: VODUploadFileStatus.Canceled,
  PAUSING: VODUploadFileStatus.Paused,
  PAUSED: VODUploadFileStatus.Paused,
  DELETED: VODUploadFileStatus.Canceled,
};

const CLIENT: Readonly<Record<VodUploadStateType, VODStatus>> = {
  INIT: VODStatus.Ready,
  STARTED: VODStatus.Started,
  GETVODAUTH: VODStatus.Started,
  STOPED: VODStatus.Stoped,
  PAUSED: VODStatus.Paused,
  FINISHED: VODStatus.Success,
  FAIlURE: VODStatus.Failure,
};

export const fileStatusOf = (state: UploadStateType): VODUploadFileStatus => FILE[state];
export const clientStatusOf = (state: VodUploadStateType): VODStatus => CLIENT[state];
