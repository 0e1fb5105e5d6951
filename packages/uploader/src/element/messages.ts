import type { ItemState, Refusal } from '../list/item.js';

/** Every text of the element. Numbers, sizes and durations come formatted for its language. */
export interface Messages {
  readonly drop: string;
  readonly release: string;
  readonly chooseFile: string;
  readonly chooseFiles: string;
  readonly chooseFolder: string;
  readonly maxSize: (size: string) => string;
  readonly maxFiles: (files: number) => string;
  readonly uploads: string;
  /** Told to screen readers when the list is entered. */
  readonly keys: string;
  readonly overall: string;
  readonly progressOf: (name: string) => string;
  readonly pause: string;
  readonly resume: string;
  readonly start: string;
  readonly retry: string;
  readonly cancel: string;
  readonly remove: string;
  readonly discard: string;
  readonly pick: string;
  /** Name of a button: what it does, to which file. */
  readonly action: (action: string, name: string) => string;
  readonly startAll: string;
  readonly pauseAll: string;
  readonly resumeAll: string;
  readonly retryAll: string;
  readonly clear: string;
  readonly state: Readonly<Record<ItemState, string>>;
  readonly loadedOf: (loaded: string, total: string) => string;
  readonly perSecond: (size: string) => string;
  readonly left: (duration: string) => string;
  readonly finished: (done: number, of: number) => string;
  readonly failed: (files: number) => string;
  readonly paused: (files: number) => string;
  readonly needsFile: string;
  readonly refused: Readonly<Record<Refusal['reason'], (limit: string) => string>>;
  /** Announcements. `name` is that of the only file, if it is one. */
  readonly said: Readonly<Record<Said, (files: number, name: string) => string>>;
  /** By the code of an `UploadError`; without an entry its own message is shown, in English. */
  readonly errors: Readonly<Record<string, string>>;
}

export type Said =
  | 'added'
  | 'refused'
  | 'success'
  | 'failed'
  | 'paused'
  | 'resumed'
  | 'canceled'
  | 'removed'
  | 'unfinished';

const files = (n: number): string => (n === 1 ? '1 file' : `${n} files`);
const saying =
  (one: string, many = one) =>
  (n: number, name: string): string =>
    n === 1 && name !== '' ? `${name} ${one}` : `${files(n)} ${many}`;

/** Texts of `<sluice-uploader>` in English. */
export const ENGLISH: Messages = {
  drop: 'Drop files here',
  release: 'Release to add',
  chooseFile: 'Choose file',
  chooseFiles: 'Choose files',
  chooseFolder: 'Choose folder',
  maxSize: (size) => `up to ${size} each`,
  maxFiles: (n) => `${files(n)} at most`,
  uploads: 'Uploads',
  keys: 'Up and down arrow keys move between files.',
  overall: 'Overall progress',
  progressOf: (name) => `Progress of ${name}`,
  pause: 'Pause',
  resume: 'Resume',
  start: 'Start',
  retry: 'Retry',
  cancel: 'Cancel',
  remove: 'Remove',
  discard: 'Discard',
  pick: 'Choose file of',
  action: (action, name) => `${action} ${name}`,
  startAll: 'Start',
  pauseAll: 'Pause all',
  resumeAll: 'Resume all',
  retryAll: 'Retry failed',
  clear: 'Clear finished',
  state: {
    queued: 'Waiting',
    preparing: 'Preparing',
    uploading: 'Uploading',
    offline: 'Waiting for a connection',
    elsewhere: 'Uploading in another tab',
    paused: 'Paused',
    success: 'Uploaded',
    failed: 'Failed',
    canceled: 'Canceled',
    refused: 'Not accepted',
    unfinished: 'Not finished',
  },
  loadedOf: (loaded, total) => `${loaded} of ${total}`,
  perSecond: (size) => `${size}/s`,
  left: (duration) => `${duration} left`,
  finished: (done, of) => `${done} of ${files(of)} uploaded`,
  failed: (n) => `${n} failed`,
  paused: (n) => `${n} paused`,
  needsFile: 'Choose the same file again to go on.',
  refused: {
    type: (limit) => `Files of this type are not accepted, only ${limit}.`,
    size: (limit) => `The file is larger than ${limit}.`,
    count: (limit) => `Only ${files(Number(limit))} can be added. Remove others first.`,
  },
  said: {
    added: saying('added'),
    refused: saying('was not accepted', 'were not accepted'),
    success: saying('uploaded'),
    failed: saying('failed'),
    paused: saying('paused'),
    resumed: saying('resumed'),
    canceled: saying('canceled'),
    removed: saying('removed'),
    unfinished: saying('not finished yet'),
  },
  errors: {},
};

const talk =
  (what: string) =>
  (n: number, name: string): string =>
    n === 1 && name !== '' ? `${name} ${what}` : `${n} 个文件${what}`;

/** Texts of `<sluice-uploader>` in Simplified Chinese. */
export const CHINESE: Messages = {
  drop: '将文件拖放到此处',
  release: '松开即可添加',
  chooseFile: '选择文件',
  chooseFiles: '选择文件',
  chooseFolder: '选择文件夹',
  maxSize: (size) => `单个文件不超过 ${size}`,
  maxFiles: (n) => `最多 ${n} 个文件`,
  uploads: '上传列表',
  keys: '使用上下方向键在文件之间移动。',
  overall: '总进度',
  progressOf: (name) => `${name} 的进度`,
  pause: '暂停',
  resume: '继续',
  start: '开始',
  retry: '重试',
  cancel: '取消',
  remove: '移除',
  discard: '放弃',
  pick: '重新选择文件',
  action: (action, name) => `${action} ${name}`,
  startAll: '开始上传',
  pauseAll: '全部暂停',
  resumeAll: '全部继续',
  retryAll: '重试失败项',
  clear: '清除已完成',
  state: {
    queued: '等待中',
    preparing: '准备中',
    uploading: '上传中',
    offline: '等待网络连接',
    elsewhere: '正在另一个标签页中上传',
    paused: '已暂停',
    success: '已上传',
    failed: '失败',
    canceled: '已取消',
    refused: '未接受',
    unfinished: '未完成',
  },
  loadedOf: (loaded, total) => `${loaded} / ${total}`,
  perSecond: (size) => `${size}/秒`,
  left: (duration) => `剩余 ${duration}`,
  finished: (done, of) => `已上传 ${done} / ${of} 个文件`,
  failed: (n) => `${n} 个失败`,
  paused: (n) => `${n} 个已暂停`,
  needsFile: '请重新选择同一文件以继续上传。',
  refused: {
    type: (limit) => `不支持此类型的文件，仅支持 ${limit}。`,
    size: (limit) => `文件大于 ${limit}。`,
    count: (limit) => `最多只能添加 ${limit} 个文件，请先移除其他文件。`,
  },
  said: {
    added: talk('已添加'),
    refused: talk('未被接受'),
    success: talk('已上传'),
    failed: talk('上传失败'),
    paused: talk('已暂停'),
    resumed: talk('已继续'),
    canceled: talk('已取消'),
    removed: talk('已移除'),
    unfinished: talk('尚未完成'),
  },
  errors: {
    FileUnreadable: '无法读取文件。请确认文件存在且可以访问，然后重新选择。',
    FileChanged: '文件内容已改变，请从头重新上传。',
    FileTooLarge: '文件过大。',
    AlreadyUploading: '同一文件正在上传。',
    Closed: '上传已停止，可稍后继续。',
    NetworkError: '网络错误。请检查网络连接后重试。',
    Timeout: '连接超时。请检查网络连接后重试。',
    ChecksumMismatch: '数据在传输中被改变。请换一个网络后重试。',
    CredentialsFailed: '无法获取上传凭证，请重试。',
    CredentialsRefused: '上传凭证无效，请联系管理员。',
    UploadAuthExpired: '上传凭证已过期，请重新上传。',
    AccessDenied: '没有上传权限，请联系管理员。',
    'Forbidden.RAM': '没有上传权限，请联系管理员。',
    NoSuchUpload: '服务器上已没有此上传，请重试。',
    'InvalidVideo.NotFound': '该媒体已被删除，请重试。',
    'InvalidFileName.Extension': '服务器不支持此扩展名的文件。',
    RequestTimeTooSkewed: '设备时间不正确，请校准后重试。',
  },
};

/** English unless the language is Chinese of any kind. */
export const messagesOf = (language: string): Messages => (/^zh\b/i.test(language) ? CHINESE : ENGLISH);
