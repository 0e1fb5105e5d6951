/** How files of the device are read: by ranges, through a library the application brings. */

/** A file that is open. Closed once, after every read has ended. */
export interface OpenNativeFile {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the Unix epoch; left out when unknown. */
  readonly lastModified?: number | undefined;
  readonly name?: string | undefined;
  /** MIME type. */
  readonly type?: string | undefined;
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. May be called while another read is going on. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): void | Promise<void>;
}

/** Opens files of the device. Never reads one whole. */
export interface FilePort {
  /** @param uri `file://`, `content://` or a plain path, as pickers give it. Rejects when it cannot be read. */
  open(uri: string): Promise<OpenNativeFile>;
}

/**
 * What pickers answer, as it is: expo-document-picker, expo-image-picker, react-native-document-picker and
 * react-native-image-picker all have `uri`, and the name and type in one of these members. Or just the URI.
 */
export type NativeFile =
  | string
  | {
      readonly uri: string;
      readonly name?: string | null | undefined;
      readonly fileName?: string | null | undefined;
      readonly mimeType?: string | null | undefined;
      /** Only taken when it is a MIME type: image pickers say `video` here. */
      readonly type?: string | null | undefined;
    };

export interface NamedUri {
  readonly uri: string;
  readonly name: string | undefined;
  readonly type: string | undefined;
}

export function namedUri(file: NativeFile): NamedUri {
  if (typeof file === 'string') return { uri: file, name: undefined, type: undefined };
  const { uri, name, fileName, mimeType, type } = file;
  return { uri, name: name || fileName || undefined, type: mimeType || (type?.includes('/') ? type : undefined) };
}

/** The last piece of a path or URI, decoded; `undefined` when there is none or it is an opaque id. */
export function baseName(uri: string): string | undefined {
  const path = uri.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[?#].*$/, '');
  const last = path.split('/').pop() ?? '';
  try {
    // `content://…/document/primary%3AMovies%2Ftalk.mp4`: the id carries the path.
    const name = (decodeURIComponent(last).split(/[/:]/).pop() ?? '').trim();
    return name || undefined;
  } catch {
    return last || undefined;
  }
}

/** A `file://` URI as a path; anything else as it is. */
export function pathOf(uri: string): string {
  if (!uri.startsWith('file://')) return uri;
  const path = uri.slice(7);
  try {
    return decodeURIComponent(path);
  } catch {
    // Not encoded: some libraries only put `file://` before a path, and names may have a `%`.
    return path;
  }
}

/** Runs one piece of work after another: handles of files have one position that all readers share. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
