import type { Uploader } from '../api.js';

/** What a list needs of an uploader. */
export type ListUploader<File> = Pick<Uploader<File>, 'tasks' | 'upload'> & Partial<Pick<Uploader<File>, 'unfinished'>>;
