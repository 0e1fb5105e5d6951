import { describe, expect, it } from 'vitest';
import { droppedFiles, handles } from './dropped-files.js';

type Names = readonly (string | readonly [folder: string, Names])[];

const refused = () => new DOMException('gone', 'NotFoundError');
const fileOf = (name: string) => new File([new Uint8Array(name.startsWith('big') ? 1024 * 1024 + 1 : 3)], name);

/** A dropped tree as browsers with file handles give it; what is called `bad…` cannot be read. */
function handleOf(node: Names[number]): object {
  const [name, children] = typeof node === 'string' ? [node, undefined] : node;
  const fail = name.startsWith('bad');
  return children
    ? {
        kind: 'directory',
        async *values() {
          if (fail) throw refused();
          yield* children.map(handleOf);
        },
      }
    : { kind: 'file', getFile: () => (fail ? Promise.reject(refused()) : Promise.resolve(fileOf(name))) };
}

/** … and as the others do. */
function entryOf(node: Names[number]): object {
  const [name, children] = typeof node === 'string' ? [node, undefined] : node;
  const fail = name.startsWith('bad');
  type Answer = (value: unknown) => void;
  if (!children) {
    return {
      isFile: true,
      file: (take: Answer, reject: Answer) => (fail ? reject(refused()) : take(fileOf(name))),
    };
  }
  return {
    isFile: false,
    createReader() {
      const pages = [children.map(entryOf), []];
      return { readEntries: (take: Answer, reject: Answer) => (fail ? reject(refused()) : take(pages.shift())) };
    },
  };
}

const TREE: Names = ['bad.mp4', ['talks', ['a.mp4', 'bad.mp4', ['bad folder', ['lost.mp4']], 'big.mp4']], 'c.mp4'];

function drop(items: readonly object[]): DataTransfer {
  const full = items.map((item) => ({ kind: 'file', getAsFile: () => null, ...item }));
  return { items: full, files: [] } as unknown as DataTransfer;
}

describe('a drop', () => {
  it.each([
    ['handles', TREE.map((node) => ({ getAsFileSystemHandle: async () => handleOf(node) }))],
    ['entries', TREE.map((node) => ({ webkitGetAsEntry: () => entryOf(node) }))],
  ])('of %s: what cannot be read is left out and told at the end', async (_, items) => {
    const found: File[] = [];
    const end = droppedFiles(drop(items), (files) => void found.push(...files));
    await expect(end).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(found.map(({ name }) => name)).toEqual(['a.mp4', 'big.mp4', 'c.mp4']);
  });

  it('keeps the handles of files that can be gone on with', async () => {
    const found: File[] = [];
    const items = ['small.mp4', 'big.mp4'].map((name) => ({ getAsFileSystemHandle: async () => handleOf(name) }));
    await droppedFiles(drop(items), (files) => void found.push(...files));
    expect(found.map((file) => handles.has(file))).toEqual([false, true]);
  });
});
