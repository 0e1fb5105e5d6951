import { describe, expect, test } from 'vitest';
import { waitingLine } from './waiting-line.js';

/** A work that ends when it is told to. */
function work() {
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const state = { begun: false };
  const run = (): Promise<void> => {
    state.begun = true;
    return over;
  };
  return { state, end, run };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a line', () => {
  test('lets so many work, so many wait, and refuses the rest', async () => {
    const line = waitingLine(2, 1);
    const works = [work(), work(), work(), work()];
    const entered = works.map(({ run }) => line.enter(run));
    await turn();
    expect(works.map(({ state }) => state.begun)).toEqual([true, true, false, false]);
    expect(entered[3]).toBeUndefined();
    works[0]?.end();
    await entered[0];
    await turn();
    expect(works[2]?.state.begun).toBe(true);
    for (const { end } of works) end();
    await Promise.all(entered);
    const after = work();
    const last = line.enter(after.run);
    await turn();
    expect(after.state.begun).toBe(true);
    after.end();
    await last;
  });

  test('goes on after a work that failed', async () => {
    const line = waitingLine(1, 5);
    const failing = line.enter(async () => {
      throw new Error('no');
    });
    const next = line.enter(async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
    expect(await line.enter(async () => 'again')).toBe('again');
  });
});
