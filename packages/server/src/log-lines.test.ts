import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logLines } from './log-lines.js';

/** The end of a pipe that is read when the test says so. */
describe('log lines', () => {
  let directory: string;
  let pipe: number;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sluice-log-'));
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    pipe = openSync(join(directory, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
  });
  afterEach(() => {
    closeSync(pipe);
    rmSync(directory, { recursive: true });
  });

  function read(): string {
    const chunk = Buffer.alloc(1024 * 1024);
    try {
      return chunk.toString('utf8', 0, readSync(pipe, chunk));
    } catch {
      return '';
    }
  }

  const line = (number: number): string => `${String(number).padStart(6, '0')} ${'x'.repeat(1000)}\n`;

  it('wait for a reader who does not keep up, and arrive in order', async () => {
    const told: number[] = [];
    const log = logLines(pipe, (lines) => told.push(lines));
    let expected = '';
    for (let i = 0; i < 500; i++) {
      expected += line(i);
      log.write(line(i));
    }
    let got = '';
    await vi.waitFor(() => {
      got += read();
      expect(got.length).toBe(expected.length);
    });
    expect(got).toBe(expected);
    log.write('one more\n');
    expect(read()).toBe('one more\n');
    expect(told).toEqual([]);
  });

  it('are left out when too many wait, and the reader is told how many', async () => {
    const log = logLines(pipe, (lines) => log.write(`${lines} are missing\n`));
    for (let i = 0; i < 3000; i++) log.write(line(i));
    let got = '';
    await vi.waitFor(() => {
      got += read();
      expect(got).toMatch(/^\d+ are missing$/m);
    });
    const lines = got.trimEnd().split('\n');
    const missing = Number.parseInt(lines.pop() ?? '', 10);
    expect(missing).toBeGreaterThan(0);
    expect(missing + lines.length).toBe(3000);
    expect(lines.every((text, i) => `${text}\n` === line(i))).toBe(true);
  });

  it.runIf(existsSync('/dev/full'))('on a full disk are lost, and nothing else happens', () => {
    const full = openSync('/dev/full', 'w');
    const told: number[] = [];
    const log = logLines(full, (lines) => told.push(lines));
    log.write('a\n');
    log.write('b\n');
    closeSync(full);
    expect(told).toEqual([]);
  });
});
