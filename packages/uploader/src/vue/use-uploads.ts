import { type MaybeRefOrGetter, onScopeDispose, type ShallowRef, shallowRef, toValue, watch } from 'vue';
import type { UploadTask } from '../api.js';
import type { UploadItem } from '../list/item.js';
import { type TaskSnapshot, taskStoreOf } from '../list/task-store.js';
import { UploadList, type UploadListOptions, type UploadListSnapshot, uploadListOf } from '../list/upload-list.js';
import type { ListUploader } from '../list/uploader-port.js';

/**
 * The uploads as they are now: `items`, `totals`, and the `list` to add files to and to act on. Renewed at most once a
 * frame. For long lists go over `ids` and give every row {@link useUploadItem}.
 *
 * @param source an uploader, which has one list wherever this is called, or a list of your own
 * @param options of the uploader's list; those of the first call hold
 */
export function useUploads<File>(
  source: UploadList<File> | ListUploader<File>,
  options?: UploadListOptions<File>,
): Readonly<ShallowRef<UploadListSnapshot<File>>> {
  const list = source instanceof UploadList ? source : uploadListOf(source, options);
  const now = shallowRef(list.getSnapshot());
  onScopeDispose(
    list.subscribe(() => {
      now.value = list.getSnapshot();
    }),
  );
  return now;
}

/** One item; only what uses it is drawn again when it changes. `undefined` after it was removed. */
export function useUploadItem<File>(
  list: UploadList<File>,
  id: MaybeRefOrGetter<string>,
): Readonly<ShallowRef<UploadItem | undefined>> {
  return useStore(
    () => toValue(id),
    (wanted, changed) => list.subscribeItem(wanted, changed),
    (wanted) => list.get(wanted),
  );
}

/** State, progress and outcome of one upload; `undefined` while there is none. */
export function useUploadTask(
  task: MaybeRefOrGetter<UploadTask | undefined>,
): Readonly<ShallowRef<TaskSnapshot | undefined>> {
  return useStore(
    () => toValue(task),
    (wanted, changed) => wanted && taskStoreOf(wanted).subscribe(changed),
    (wanted) => wanted && taskStoreOf(wanted).getSnapshot(),
  );
}

function useStore<Key, Snapshot>(
  key: () => Key,
  subscribe: (key: Key, changed: () => void) => (() => void) | undefined,
  read: (key: Key) => Snapshot,
): ShallowRef<Snapshot> {
  const now = shallowRef(read(key())) as ShallowRef<Snapshot>;
  watch(
    key,
    (wanted, _before, onCleanup) => {
      const stop = subscribe(wanted, () => {
        now.value = read(wanted);
      });
      if (stop) onCleanup(stop);
      now.value = read(wanted);
    },
    { immediate: true, flush: 'sync' },
  );
  return now;
}
