import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.js';

/** A file with `parts` parts; ends each when it is told to. */
function file(name: string, parts: number, log: string[], priority = 0, limit = 100) {
  const ends: (() => void)[] = [];
  return {
    priority,
    limit,
    ends,
    next() {
      if (parts === 0) return undefined;
      parts--;
      log.push(name);
      return () => new Promise<void>((resolve) => ends.push(resolve));
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('lanes', () => {
  it('a small file gets the next free place beside a big one', async () => {
    const log: string[] = [];
    const lanes = new Lanes({ width: 3, lightWidth: 3 });
    const big = file('big', 10, log);
    lanes.add(big);
    lanes.pump();
    const small = file('small', 1, log);
    lanes.add(small);
    lanes.pump();
    expect(log).toEqual(['big', 'big', 'big']);
    big.ends.shift()?.();
    await turn();
    expect(log.slice(3)).toEqual(['small']);
    small.ends.shift()?.();
    await turn();
    expect(log.slice(4)).toEqual(['big']);
  });

  it('equals take turns, a higher priority goes first, and it may change on the way', async () => {
    const log: string[] = [];
    const widths = { width: 0, lightWidth: 0 };
    const lanes = new Lanes(widths);
    const [a, b] = [file('a', 9, log), file('b', 9, log)];
    lanes.add(a);
    lanes.add(b);
    widths.width = 4;
    lanes.pump();
    expect(log).toEqual(['a', 'b', 'a', 'b']);
    b.priority = 5;
    widths.width = 7;
    lanes.pump();
    expect(log.slice(4)).toEqual(['b', 'b', 'b']);
  });

  it('no file has more in flight than its limit, and one that left starts nothing', async () => {
    const log: string[] = [];
    const lanes = new Lanes({ width: 10, lightWidth: 10 });
    const one = file('one', 9, log, 0, 2);
    const leave = lanes.add(one);
    lanes.pump();
    expect(log.length).toBe(2);
    leave();
    one.ends.shift()?.();
    await turn();
    expect(log.length).toBe(2);
    expect(lanes.flying).toBe(1);
  });

  it('small files go beside a full line, as many as make sense, and a part never in their places', async () => {
    const log: string[] = [];
    const lanes = new Lanes({ width: 2, lightWidth: 4 });
    lanes.add(file('big', 9, log));
    const small = Array.from({ length: 5 }, () => ({ ...file('small', 1, log), light: true }));
    for (const each of small) lanes.add(each);
    lanes.pump();
    expect(log).toEqual(['big', 'small', 'small', 'small']);
    small[0]?.ends.shift()?.();
    await turn();
    expect(log.slice(4)).toEqual(['small']);
    small[1]?.ends.shift()?.();
    await turn();
    expect(log.slice(5)).toEqual(['small']);
    for (const each of small) each.ends.shift()?.();
    await turn();
    expect(log.slice(6)).toEqual(['big']);
  });
});
