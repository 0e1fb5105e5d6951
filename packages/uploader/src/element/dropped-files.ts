/** Handles of dropped files: with one, an upload goes on after a reload without picking the file again. */
export const handles = new WeakMap<Blob, FileSystemFileHandle>();

/** What a drop brings, folders walked through. Must be called in the event: afterwards the browser takes it away. */
export function droppedFiles(transfer: DataTransfer, found: (files: File[]) => void): Promise<void> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  if (items.length === 0) {
    found([...transfer.files]);
    return Promise.resolve();
  }
  const walks = items.map((item) => {
    const handle = (item as HandleItem).getAsFileSystemHandle?.();
    const entry = item.webkitGetAsEntry?.();
    const file = item.getAsFile();
    return async (walk: Walk): Promise<void> => {
      // Some browsers have the method and answer nothing, e.g. for a file of another application.
      const opened = await handle?.catch(() => null);
      if (opened) await walkHandle(opened, walk);
      else if (entry) await walkEntry(entry, walk);
      else if (file) walk.take(file);
    };
  });
  return inBatches(found, async (walk) => {
    for (const begin of walks) await walk.spare(begin(walk));
  });
}

interface Walk {
  take(file: File): void;
  /** One file or folder that cannot be read does not end the walk. */
  spare(work: Promise<void>): Promise<void>;
}

const BATCH = 500;
const ONE_PIECE = 1024 * 1024;

/** Big folders arrive piece by piece; what cannot be read is left out and reported at the end. */
async function inBatches(found: (files: File[]) => void, run: (walk: Walk) => Promise<void>): Promise<void> {
  let batch: File[] = [];
  const failures: unknown[] = [];
  const hand = () => {
    if (batch.length > 0) found(batch);
    batch = [];
  };
  await run({
    take(file) {
      batch.push(file);
      if (batch.length === BATCH) hand();
    },
    spare: (work) => work.catch((error: unknown) => void failures.push(error)),
  });
  hand();
  if (failures.length > 0) throw failures[0];
}

/** Not in TypeScript's DOM library yet. */
type HandleItem = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };
type Directory = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

async function walkHandle(handle: FileSystemHandle, walk: Walk): Promise<void> {
  if (handle.kind === 'file') {
    const opened = handle as FileSystemFileHandle;
    const file = await opened.getFile();
    // One that goes in one piece is never taken up again, and its size tells that it need not wait for big ones.
    if (file.size > ONE_PIECE) handles.set(file, opened);
    walk.take(file);
    return;
  }
  for await (const child of (handle as Directory).values()) await walk.spare(walkHandle(child, walk));
}

async function walkEntry(entry: FileSystemEntry, walk: Walk): Promise<void> {
  if (entry.isFile) {
    walk.take(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await walk.spare(walkEntry(child, walk));
  }
}
