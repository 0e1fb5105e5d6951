/** The fake world seen from a phone: files by URI, read by ranges. */
import type { Platform } from '../ports.js';
import type { FilePort, NativeFile } from '../react-native/file-port.js';
import { openNativeFile } from '../react-native/file-source.js';
import { KeyValueCheckpoints, type KeyValueStore } from '../react-native/key-value-checkpoints.js';
import { VODUploadClientImpl, type VodClientSetup } from '../react-native/vod/vod-upload-client.js';
import { type TestFile, testFile, type World, world } from './bench.js';

export interface Device {
  readonly files: Map<string, TestFile>;
  readonly port: FilePort;
  /** Ranges that were read, `uri from length`. */
  readonly reads: string[];
  readonly store: KeyValueStore & { readonly items: Map<string, string> };
  /** Largest range that was read, in bytes. */
  longest: number;
}

export function device(): Device {
  const files = new Map<string, TestFile>();
  const items = new Map<string, string>();
  const made: Device = {
    files,
    reads: [],
    longest: 0,
    store: {
      items,
      getItem: async (key) => items.get(key) ?? null,
      setItem: async (key, value) => void items.set(key, value),
      removeItem: async (key) => void items.delete(key),
      getAllKeys: async () => [...items.keys()],
    },
    port: {
      async open(uri) {
        const file = files.get(uri);
        if (!file) throw new Error(`${uri} does not exist`);
        return {
          size: file.bytes.length,
          lastModified: file.lastModified,
          name: file.name,
          type: file.type,
          async read(offset, length) {
            if (file.unreadable) throw new Error('may not be read');
            made.reads.push(`${uri} ${offset} ${length}`);
            made.longest = Math.max(made.longest, length);
            return file.bytes.slice(offset, offset + length);
          },
          close() {},
        };
      },
    },
  };
  return made;
}

export interface NativeWorld extends World {
  readonly device: Device;
  readonly native: Platform<NativeFile>;
  /** Puts a file on the device; answers its URI. */
  file(size: number, name?: string): string;
  /** Callbacks in order. */
  readonly events: string[];
  client(setup?: Partial<VodClientSetup>): VODUploadClientImpl;
}

export function nativeWorld(options: Parameters<typeof world>[0] = {}): NativeWorld {
  const base = world(options);
  const phone = device();
  const { sizeOf: _size, checkUpload: _check, ...platform } = base.platform;
  const native: Platform<NativeFile> = {
    ...platform,
    open: (file, overrides, hasher) => openNativeFile(phone.port, file, overrides, hasher),
    reopen: async (handle) => String(handle),
    checkpoints: () => new KeyValueCheckpoints(phone.store),
  };
  return {
    ...base,
    device: phone,
    native,
    events: [],
    file(size, name = 'talk.mp4') {
      const uri = `file:///data/${name}`;
      phone.files.set(uri, testFile(size, name));
      return uri;
    },
    client(setup = {}) {
      const client = new VODUploadClientImpl({ files: phone.port, endpoint: 'http://vod.test', ...setup }, native);
      client.setPartSize(102_400);
      return client;
    },
  };
}
