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
    const line = waitingLine({ atOnce: 2, longest: 1, ofOne: 10 });
    const works = [work(), work(), work(), work()];
    const entered = works.map(({ run }) => line.enter('a', run));
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
    const last = line.enter('a', after.run);
    await turn();
    expect(after.state.begun).toBe(true);
    after.end();
    await last;
  });

  test('goes on after a work that failed', async () => {
    const line = waitingLine({ atOnce: 1, longest: 5, ofOne: 10 });
    const failing = line.enter('a', async () => {
      throw new Error('no');
    });
    const next = line.enter('a', async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
    expect(await line.enter('a', async () => 'again')).toBe('again');
  });

  test('is not taken whole by one caller', async () => {
    const line = waitingLine({ atOnce: 1, longest: 5, ofOne: 2 });
    const works = [work(), work(), work()];
    const entered = works.map(({ run }) => line.enter('a', run));
    expect(entered.map((place) => place !== undefined)).toEqual([true, true, false]);
    const other = line.enter('b', async () => 'b');
    expect(other).toBeDefined();
    for (const { end } of works) end();
    await Promise.all(entered);
    expect(await other).toBe('b');
    expect(await line.enter('a', async () => 'a')).toBe('a');
  });
});
