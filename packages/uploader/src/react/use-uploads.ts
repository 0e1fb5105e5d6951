import { useCallback, useSyncExternalStore } from 'react';
import type { UploadTask } from '../api.js';
import type { UploadItem } from '../list/item.js';
import { type TaskSnapshot, taskStoreOf } from '../list/task-store.js';
import { UploadList, type UploadListOptions, type UploadListSnapshot, uploadListOf } from '../list/upload-list.js';
import type { ListUploader } from '../list/uploader-port.js';

/**
 * The uploads as they are now: `items`, `totals`, and the `list` to add files to and to act on. Drawn again at most once
 * a frame. For long lists draw `ids` and give every row {@link useUploadItem}.
 *
 * @param source an uploader, which has one list wherever this is called, or a list of your own
 * @param options of the uploader's list; those of the first call hold
 */
export function useUploads<File>(
  source: UploadList<File> | ListUploader<File>,
  options?: UploadListOptions<File>,
): UploadListSnapshot<File> {
  const list = source instanceof UploadList ? source : uploadListOf(source, options);
  return useSyncExternalStore(list.subscribe, list.getSnapshot, list.getSnapshot);
}

/** One item; only its component is drawn again when it changes. `undefined` after it was removed. */
export function useUploadItem<File>(list: UploadList<File>, id: string): UploadItem | undefined {
  const subscribe = useCallback((changed: () => void) => list.subscribeItem(id, changed), [list, id]);
  const snapshot = (): UploadItem | undefined => list.get(id);
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

const nothing = (): undefined => undefined;
const never = () => nothing;

/** State, progress and outcome of one upload; `undefined` while there is none. */
export function useUploadTask(task: UploadTask): TaskSnapshot;
export function useUploadTask(task: UploadTask | undefined): TaskSnapshot | undefined;
export function useUploadTask(task: UploadTask | undefined): TaskSnapshot | undefined {
  const store = task && taskStoreOf(task);
  const snapshot = store?.getSnapshot ?? nothing;
  return useSyncExternalStore(store?.subscribe ?? never, snapshot, snapshot);
}
