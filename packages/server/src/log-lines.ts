import { writeSync } from 'node:fs';

export interface LogLines {
  /** Takes a line with its end. Never throws and never waits: a log that cannot be written is no reason to stop serving. */
  write(line: string): void;
}

/** Bytes of lines that wait for a reader who does not keep up. What comes beyond is left out, and counted. */
const MOST_WAITING = 1024 * 1024;
const RETRY_MS = 50;
/** At the end of the process the reader is given so long for what waits. */
const LAST_MS = 1000;

/**
 * Lines for a descriptor that may be a file on a full disk, or a pipe that nobody reads.
 * @param tellLost called with the number of lines that are missing, once there is room again; it may write
 */
export function logLines(descriptor: number, tellLost: (lines: number) => void): LogLines {
  const waiting: Buffer[] = [];
  let bytes = 0;
  /** So much of the first one is written. */
  let at = 0;
  let lost = 0;
  /** A line that is lost was begun: the next one is not to go on with it. */
  let cut = false;
  let gone = false;
  let timer: NodeJS.Timeout | undefined;
  let atExit = false;

  function flush(): void {
    timer = undefined;
    try {
      if (cut) writeSync(descriptor, '\n');
      cut = false;
      for (let line = waiting[0]; line; line = waiting[0]) {
        at += writeSync(descriptor, line, at);
        if (at < line.length) continue;
        waiting.shift();
        bytes -= line.length;
        at = 0;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') later();
      else giveUp(code === 'EPIPE');
      return;
    }
    if (lost > 0) tell();
  }

  function later(): void {
    timer = setTimeout(flush, RETRY_MS).unref();
    if (!atExit) process.once('exit', flushLast);
    atExit = true;
  }

  function flushLast(): void {
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; waiting.length > 0 && waited < LAST_MS; waited += RETRY_MS) {
      flush();
      if (waiting.length > 0) Atomics.wait(clock, 0, 0, RETRY_MS);
    }
  }

  function giveUp(forGood: boolean): void {
    gone = forGood;
    lost += waiting.length;
    cut ||= at > 0;
    waiting.length = 0;
    bytes = 0;
    at = 0;
  }

  function tell(): void {
    const lines = lost;
    lost = 0;
    tellLost(lines);
    if (lost > 0) lost = lines;
  }

  return {
    write(line) {
      if (gone) return;
      if (bytes > MOST_WAITING) {
        lost += 1;
        return;
      }
      const text = Buffer.from(line);
      waiting.push(text);
      bytes += text.length;
      if (timer === undefined) flush();
    },
  };
}
