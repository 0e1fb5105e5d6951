/** The documented interfaces of the libraries a phone has, on the files and the network of this machine. */
import { closeSync, fstatSync, openSync, readSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loopbackLookup } from '../node/loopback-lookup.js';
import type { BackgroundDownloader, BackgroundUploadTask } from '../react-native/background/background-downloader.js';
import type { BlobUtilFs } from '../react-native/blob-util-file-port.js';

/**
 * expo-file-system: a handle has one position that all its readers share.
 * @param asynchronous as since 58
 * @param modes with what `open` was called
 */
export function expoFileSystem(cache: string, asynchronous: boolean, modes: unknown[] = []) {
  class FileHandle {
    offset: number | null = 0;
    readonly #descriptor: number;
    constructor(uri: string, mode: string) {
      this.#descriptor = openSync(fileURLToPath(uri), mode);
    }
    get size() {
      return fstatSync(this.#descriptor).size;
    }
    readBytes(length: number): Uint8Array | Promise<Uint8Array> {
      if (!asynchronous) return this.#read(length);
      // The position is looked at when the native side comes to it, not when it was asked.
      return new Promise<void>((resolve) => setTimeout(resolve, 1)).then(() => this.#read(length));
    }
    writeBytes(bytes: Uint8Array) {
      this.offset = (this.offset ?? 0) + writeSync(this.#descriptor, bytes, 0, bytes.length, this.offset ?? 0);
    }
    close() {
      closeSync(this.#descriptor);
    }
    #read(length: number): Uint8Array {
      const out = new Uint8Array(length);
      const read = readSync(this.#descriptor, out, 0, length, this.offset ?? 0);
      this.offset = (this.offset ?? 0) + read;
      return out.slice(0, read);
    }
  }
  class File {
    readonly uri: string;
    readonly type = 'video/mp4';
    constructor(...uris: string[]) {
      const [first = '', ...names] = uris;
      this.uri = names.length === 0 ? first : pathToFileURL(join(fileURLToPath(first), ...names)).href;
    }
    get exists() {
      return statSync(fileURLToPath(this.uri), { throwIfNoEntry: false })?.isFile() ?? false;
    }
    get name() {
      return basename(fileURLToPath(this.uri));
    }
    get size() {
      return statSync(fileURLToPath(this.uri)).size;
    }
    get modificationTime() {
      return statSync(fileURLToPath(this.uri)).mtimeMs;
    }
    create(_options?: { overwrite?: boolean }) {
      writeFileSync(fileURLToPath(this.uri), '');
    }
    delete() {
      rmSync(fileURLToPath(this.uri));
    }
    open(...mode: unknown[]) {
      modes.push(...mode);
      return new FileHandle(this.uri, mode[0] === 'r' ? 'r' : 'r+');
    }
    slice(): never {
      throw new Error('slice reads the whole file');
    }
  }
  return { File, FileMode: { ReadOnly: 'r', ReadWrite: 'rw' }, Paths: { cache: { uri: pathToFileURL(cache).href } } };
}

/** react-native-blob-util. @param copies the part files that were made */
export function blobUtilFs(cache: string, copies: string[] = []): BlobUtilFs {
  return {
    dirs: { CacheDir: cache },
    stat: async (name) => {
      const { size, mtimeMs } = await stat(name);
      return { size, lastModified: mtimeMs, filename: basename(name), type: 'file', path: name };
    },
    slice: async (source, destination, start, end) => {
      const handle = await open(source);
      const out = Buffer.alloc(end - start);
      const { bytesRead } = await handle.read(out, 0, end - start, start);
      await handle.close();
      await writeFile(destination, out.subarray(0, bytesRead));
      copies.push(destination);
      return destination;
    },
    readFile: (name, encoding) => readFile(name, encoding),
    unlink: (name) => rm(name),
  };
}

export interface FakeDownloader extends BackgroundDownloader {
  /** Answers so far, by id; `0` where there was none. */
  readonly answers: Map<string, number>;
  readonly completed: string[];
  /** While `true` no job begins: the system is in no hurry. */
  held: boolean;
  release(): Promise<void>;
}

/** `@kesha-antonov/react-native-background-downloader`: PUTs a file, with a content type of its own making. */
export function backgroundDownloader(): FakeDownloader {
  const tasks = new Map<string, BackgroundUploadTask & { run(): Promise<void> }>();
  const library: FakeDownloader = {
    answers: new Map(),
    completed: [],
    held: false,
    async release() {
      library.held = false;
      await Promise.all([...tasks.values()].map((task) => task.run()));
    },
    createUploadTask(options) {
      let state = 'PENDING';
      let done = (_result: { responseCode: number }) => {};
      let failed = (_failure: { error: string; errorCode: number }) => {};
      const controller = new AbortController();
      let running: Promise<void> | undefined;
      const task = {
        id: options.id,
        get state() {
          return state;
        },
        done(handler: typeof done) {
          done = handler;
          return task;
        },
        error(handler: typeof failed) {
          failed = handler;
          return task;
        },
        start() {
          if (state !== 'PENDING') return failed({ error: 'Upload already started', errorCode: -1 });
          state = 'UPLOADING';
          if (!library.held) void task.run();
        },
        async stop() {
          state = 'STOPPED';
          controller.abort();
          tasks.delete(options.id);
        },
        run() {
          running ??= put(options, controller.signal).then(
            (responseCode) => {
              library.answers.set(options.id, responseCode);
              tasks.delete(options.id);
              state = 'DONE';
              done({ responseCode });
            },
            (error: Error) => {
              library.answers.set(options.id, 0);
              tasks.delete(options.id);
              if (state !== 'STOPPED') failed({ error: error.message, errorCode: 1 });
            },
          );
          return running;
        },
      };
      tasks.set(options.id, task);
      return task;
    },
    getExistingUploadTasks: async () => [...tasks.values()],
    completeHandler: (id) => void library.completed.push(id),
  };
  return library;
}

async function put(
  { url, source, headers, mimeType }: Parameters<BackgroundDownloader['createUploadTask']>[0],
  signal: AbortSignal,
): Promise<number> {
  const body = await readFile(source);
  const all = { ...headers, 'content-type': mimeType, 'content-length': String(body.length) };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'PUT', headers: all, signal, lookup: loopbackLookup }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    request.end(body);
  });
}
