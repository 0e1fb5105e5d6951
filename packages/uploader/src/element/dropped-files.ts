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
    return async (take: (file: File) => void): Promise<void> => {
      // Some browsers have the method and answer nothing, e.g. for a file of another application.
      const opened = await handle?.catch(() => null);
      if (opened) await walkHandle(opened, take);
      else if (entry) await walkEntry(entry, take);
      else if (file) take(file);
    };
  });
  return inBatches(found, async (take) => {
    for (const walk of walks) await walk(take);
  });
}

const BATCH = 500;

/** Big folders arrive piece by piece; what cannot be read is left out and reported at the end. */
async function inBatches(
  found: (files: File[]) => void,
  run: (take: (file: File) => void) => Promise<void>,
): Promise<void> {
  let batch: File[] = [];
  const hand = () => {
    if (batch.length > 0) found(batch);
    batch = [];
  };
  try {
    await run((file) => {
      batch.push(file);
      if (batch.length === BATCH) hand();
    });
  } finally {
    hand();
  }
}

/** Not in TypeScript's DOM library yet. */
type HandleItem = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };
type Directory = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

async function walkHandle(handle: FileSystemHandle, take: (file: File) => void): Promise<void> {
  if (handle.kind === 'file') {
    const opened = handle as FileSystemFileHandle;
    const file = await opened.getFile();
    handles.set(file, opened);
    take(file);
    return;
  }
  for await (const child of (handle as Directory).values()) await walkHandle(child, take);
}

async function walkEntry(entry: FileSystemEntry, take: (file: File) => void): Promise<void> {
  if (entry.isFile) {
    take(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await walkEntry(child, take);
  }
}
