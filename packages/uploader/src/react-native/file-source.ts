import { localError } from '../core/upload-error.js';
import type { FilePart, FileSource, PartHasher, SourceOverrides } from '../ports.js';
import { baseName, type FilePort, type NativeFile, namedUri, type OpenNativeFile } from './file-port.js';

/** Reads ranges of a file of the device; holds the bytes of the parts in flight and nothing else. */
export async function openNativeFile(
  port: FilePort,
  file: NativeFile,
  overrides: SourceOverrides,
  hasher: PartHasher,
): Promise<FileSource> {
  const { uri, name, type } = namedUri(file);
  const opened = await port.open(uri);
  const { size } = opened;
  const lastModified = Math.trunc(opened.lastModified ?? 0);
  return {
    name: overrides.fileName ?? name ?? opened.name ?? baseName(uri) ?? 'upload',
    size,
    lastModified,
    type: overrides.contentType ?? type ?? opened.type ?? '',
    handle: uri,
    slice: async (start, end): Promise<FilePart> => {
      const body = await readRange(opened, start, end);
      return { body, crc64: hasher.crc64(body) };
    },
    crc64: async (start, end) => hasher.crc64(await readRange(opened, start, end)),
    check: () => check(port, uri, size, lastModified),
    close: async () => opened.close(),
  };
}

async function readRange(opened: OpenNativeFile, start: number, end: number): Promise<Uint8Array> {
  const first = await readOnce(opened, start, end - start);
  if (first.length === end - start) return first;
  // A library may give less than was asked for at a time; a whole part is needed.
  const whole = new Uint8Array(end - start);
  whole.set(first);
  for (let at = first.length; at < whole.length; ) {
    const more = await readOnce(opened, start + at, whole.length - at);
    if (more.length === 0) throw localError('FileChanged', 'The file became shorter while it was uploaded.');
    whole.set(more, at);
    at += more.length;
  }
  return whole;
}

async function readOnce(opened: OpenNativeFile, offset: number, length: number): Promise<Uint8Array> {
  try {
    const bytes = await opened.read(offset, length);
    return bytes.length > length ? bytes.subarray(0, length) : bytes;
  } catch (cause) {
    throw localError('FileUnreadable', 'The file could not be read.', cause);
  }
}

// Opened again, by its URI: a file that was replaced has changed too.
async function check(port: FilePort, uri: string, size: number, lastModified: number): Promise<void> {
  let now: OpenNativeFile;
  try {
    now = await port.open(uri);
  } catch (cause) {
    throw localError('FileUnreadable', 'The file can no longer be read.', cause);
  }
  await now.close();
  if (now.size !== size || Math.trunc(now.lastModified ?? 0) !== lastModified) {
    throw localError('FileChanged', 'The file changed while it was uploaded.');
  }
}
