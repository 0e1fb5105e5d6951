/** As much of the libraries as the screens and docs/sdk/react-native.md use, so that they can be type-checked without them. */

declare module 'react' {
  export function useState<T>(initial: T): [T, (value: T) => void];
  export function useState<T>(): [T | undefined, (value: T | undefined) => void];
  export function useEffect(effect: () => undefined | (() => void), dependencies: readonly unknown[]): void;
}

declare module 'react/jsx-runtime' {
  export const jsx: unknown;
  export const jsxs: unknown;
  export namespace JSX {
    interface Element {
      readonly key: string | null;
    }
    interface ElementChildrenAttribute {
      children: unknown;
    }
  }
}

declare module 'react-native' {
  import type { JSX } from 'react/jsx-runtime';

  export const View: (props: { children?: unknown }) => JSX.Element;
  export const Text: (props: { children?: unknown }) => JSX.Element;
  export const Button: (props: { title: string; onPress: () => unknown }) => JSX.Element;
  export const AppState: {
    addEventListener(type: 'change', listener: (state: string) => unknown): { remove(): void };
  };
}

declare module '@react-native-async-storage/async-storage' {
  const AsyncStorage: {
    getItem(key: string): Promise<string | null>;
    setItem(key: string, value: string): Promise<void>;
    removeItem(key: string): Promise<void>;
    getAllKeys(): Promise<readonly string[]>;
  };
  // biome-ignore lint/style/noDefaultExport: as the library has it
  export default AsyncStorage;
}

declare module '@react-native-community/netinfo' {
  const NetInfo: { addEventListener(listener: (state: { isConnected: boolean | null }) => void): () => void };
  // biome-ignore lint/style/noDefaultExport: as the library has it
  export default NetInfo;
}

declare module 'expo-document-picker' {
  export function getDocumentAsync(options: { type?: string; copyToCacheDirectory?: boolean }): Promise<{
    canceled: boolean;
    assets: { uri: string; name: string; mimeType?: string; size?: number }[] | null;
  }>;
}

declare module 'expo-file-system' {
  export enum FileMode {
    ReadWrite = 'rw',
    ReadOnly = 'r',
  }
  export class FileHandle {
    offset: number | null;
    readonly size: number | null;
    readBytes(length: number): Promise<Uint8Array>;
    writeBytes(bytes: Uint8Array): Promise<void>;
    close(): void;
  }
  export const Paths: { readonly cache: { readonly uri: string } };
  export class File {
    constructor(...uris: string[]);
    readonly uri: string;
    readonly name: string;
    readonly exists: boolean;
    readonly size: number;
    readonly type: string;
    readonly lastModified: number | null;
    create(options?: { overwrite?: boolean }): void;
    delete(): void;
    open(mode?: FileMode): FileHandle;
  }
}

declare module 'react-native-blob-util' {
  const ReactNativeBlobUtil: {
    fs: {
      dirs: { CacheDir: string };
      stat(path: string): Promise<{ size: number; lastModified: number; filename: string; type: 'file' | 'directory' }>;
      slice(source: string, destination: string, start: number, end: number): Promise<string>;
      readFile(path: string, encoding: string): Promise<unknown>;
      unlink(path: string): Promise<void>;
    };
  };
  // biome-ignore lint/style/noDefaultExport: as the library has it
  export default ReactNativeBlobUtil;
}

declare module '@kesha-antonov/react-native-background-downloader' {
  export interface UploadTask {
    id: string;
    state: 'PENDING' | 'UPLOADING' | 'PAUSED' | 'DONE' | 'FAILED' | 'STOPPED';
    done(handler: (result: { responseCode: number; responseBody: string }) => void): UploadTask;
    error(handler: (failure: { error: string; errorCode: number }) => void): UploadTask;
    start(): void;
    stop(): Promise<void>;
  }
  export function createUploadTask(options: {
    id: string;
    url: string;
    source: string;
    method?: 'POST' | 'PUT' | 'PATCH';
    headers?: Record<string, string | null>;
    mimeType?: string;
    metadata?: object;
    isAllowedOverRoaming?: boolean;
    isAllowedOverMetered?: boolean;
  }): UploadTask;
  export function getExistingUploadTasks(): Promise<UploadTask[]>;
  export function completeHandler(id: string): void;
}
