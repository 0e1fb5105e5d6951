import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../ports.js';
import { PART, testFile, world } from '../testing/bench.js';

describe('a connection that comes and goes', () => {
  it('pauses the upload without counting failures, and goes on by itself', async () => {
    const w = world();
    const task = w.uploader({ retryCount: 0, parallel: 2 }).upload(testFile(12 * PART));
    const states: string[] = [];
    task.on('state', (state) => states.push(state));
    await w.clock.advance(70);
    w.network.set(false);
    w.http.fault = () => 'lost-request';
    await w.clock.advance(600_000);
    expect(task.state).toBe('offline');
    w.http.fault = () => undefined;
    w.network.set(true);
    await w.clock.resolve(task.done);
    expect(states).toEqual(['preparing', 'uploading', 'offline', 'uploading', 'success']);
    expect([...w.cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('what is cancelled without one is forgotten at once, and removed from the server when there is one', async () => {
    const w = world();
    w.http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    const task = w.uploader({ parallel: 2 }).upload(testFile(12 * PART));
    await w.clock.advance(1500);
    expect(w.checkpoints.records.size).toBe(1);
    w.network.set(false);
    w.http.fault = () => 'lost-request';
    const canceled = task.cancel();
    await w.clock.advance(60_000);
    expect(task.state).toBe('canceled');
    expect(await w.clock.settle(task.done)).toMatchObject({ reason: { code: 'Canceled' } });
    expect(w.checkpoints.records.size).toBe(0);
    expect(w.cloud.uploads.size).toBe(1);
    w.http.fault = () => undefined;
    w.network.set(true);
    await w.clock.resolve(canceled);
    expect(w.cloud.uploads.size).toBe(0);
  });

  it('an exchange that died in sleep is not waited for', async () => {
    const w = world();
    let stalled = 0;
    w.http.fault = ({ method }) => (method === 'PUT' && stalled++ < 3 ? 'stall' : undefined);
    const task = w.uploader({ timeout: 3_600_000, parallel: 3 }).upload(testFile(6 * PART));
    await w.clock.advance(10_000);
    expect(stalled).toBe(3);
    const at = w.clock.now();
    w.network.set(true);
    await w.clock.resolve(task.done);
    expect(w.clock.now() - at).toBeLessThan(5000);
  });

  it('the connection coming back cuts a backoff short', async () => {
    const w = world();
    w.http.fault = ({ method }) => (method === 'PUT' ? 'lost-request' : undefined);
    const task = w.uploader({ retryDelay: 60_000 }).upload(testFile(2 * PART));
    await w.clock.advance(1000);
    w.http.fault = () => undefined;
    const at = w.clock.now();
    w.network.set(true);
    await w.clock.resolve(task.done);
    expect(w.clock.now() - at).toBeLessThan(1000);
  });

  it('a server that never answered is given up sooner than one that did', async () => {
    const w = world();
    w.http.fault = () => 'lost-request';
    const task = w.uploader().upload(testFile(PART));
    const retries: number[] = [];
    task.on('retry', ({ attempt }) => retries.push(attempt));
    expect(await w.clock.settle(task.done)).toMatchObject({ reason: { code: 'NetworkError' } });
    expect(retries).toEqual([1, 2, 3]);
  });

  it('a connection that tells of its last bytes after it broke leaves nothing that is waited for', async () => {
    const w = world();
    const broken: HttpRequest[] = [];
    const { send } = w.http;
    w.http.send = (request) => {
      if (request.method !== 'PUT' || broken.length > 2) return send.call(w.http, request);
      broken.push(request);
      return Promise.reject(new Error('the connection broke'));
    };
    const task = w.uploader().upload(testFile(4 * PART));
    await w.clock.resolve(task.done);
    expect(broken.length).toBe(3);
    const waiting = w.clock.waiting;
    for (const { onActivity } of broken) onActivity();
    expect(w.clock.waiting).toBe(waiting);
  });
});
