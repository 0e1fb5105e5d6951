import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkpointRecord } from '../testing/checkpoint-record.js';
import { IndexedDbCheckpoints } from './indexed-db-checkpoints.js';

/** What a page has of a database: each call is answered, and each transaction ends, a moment later. */
function database(records = new Map<string, unknown>()) {
  const modes: string[] = [];
  let commits = 0;
  const answer = (result: unknown) => ({ result });
  const store = {
    get: (name: string) => answer(records.get(name)),
    put: (record: { fingerprint: string }) => answer(records.set(record.fingerprint, record)),
    delete: (name: string) => answer(records.delete(name)),
    getAll: () => answer([...records.values()]),
  };
  const transaction = (_: string, mode: string) => {
    modes.push(mode);
    const begun = { objectStore: () => store, commit: () => void commits++, oncomplete: () => {} };
    setTimeout(() => begun.oncomplete());
    return begun;
  };
  const open = () => {
    const request = { result: { transaction, close: () => {} }, onsuccess: () => {} };
    setTimeout(() => request.onsuccess());
    return request;
  };
  return { indexedDB: { open }, modes, commits: () => commits };
}

describe('IndexedDbCheckpoints', () => {
  const page = new EventTarget();
  beforeEach(() => vi.stubGlobal('addEventListener', page.addEventListener.bind(page)));
  afterEach(() => vi.unstubAllGlobals());

  it('commits each call itself, and keeps records', async () => {
    const { indexedDB, modes, commits } = database();
    vi.stubGlobal('indexedDB', indexedDB);
    const store = new IndexedDbCheckpoints();
    const record = { ...checkpointRecord, fingerprint: 'one' };
    await store.set(record);
    expect(await store.get('one')).toEqual(record);
    expect(await store.list()).toEqual([record]);
    await store.delete('one');
    expect(await store.get('one')).toBeUndefined();
    expect(modes).toEqual(['readwrite', 'readonly', 'readonly', 'readwrite', 'readonly']);
    expect(commits()).toBe(5);
  });

  it('begins nothing in a page that was left, and goes on when it is shown again', async () => {
    const { indexedDB, modes } = database();
    vi.stubGlobal('indexedDB', indexedDB);
    const store = new IndexedDbCheckpoints();
    expect(await store.list()).toEqual([]);
    page.dispatchEvent(new Event('pagehide'));
    const writing = store.set({ ...checkpointRecord, fingerprint: 'one' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(modes).toEqual(['readonly']);
    page.dispatchEvent(new Event('pageshow'));
    await writing;
    expect(modes).toEqual(['readonly', 'readwrite']);
    expect(await store.get('one')).toBeDefined();
  });
});
