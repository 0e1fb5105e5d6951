/** Processor seconds from /proc. Elsewhere than on Linux they are `NaN`, and print as a dash. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What the kernel counts in; 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;
const KERNEL_THREADS = 2;

/**
 * @typedef {object} ProcessTimes
 * @property {number} pid
 * @property {number} parent
 * @property {number} ticks user and system, with those of children that have ended
 */

/** @returns {ProcessTimes[]} */
function processes() {
  const all = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // The command stands in parentheses and may hold anything: fields are counted from behind it (proc(5)).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      all.push({ pid: Number(name), parent: Number(fields[1]), ticks });
    } catch {
      // It ended while we looked.
    }
  }
  return all;
}

/** @param {readonly ProcessTimes[]} all @param {number} root */
function treeOf(all, root) {
  const tree = new Set([root]);
  // Parents mostly have lower numbers than their children; the second pass is for when the numbers wrapped.
  for (let pass = 0; pass < 2; pass++) for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid);
  return tree;
}

/** @param {readonly ProcessTimes[]} all @param {number} root */
function ticksOfTree(all, root) {
  const tree = treeOf(all, root);
  return all.filter(({ pid }) => tree.has(pid)).reduce((sum, { ticks }) => sum + ticks, 0);
}

/** Processor seconds of a process and everything below it so far, to 10 ms. @param {number} pid */
export function processorSeconds(pid) {
  if (process.platform !== 'linux') return Number.NaN;
  return ticksOfTree(processes(), pid) / TICKS_A_SECOND;
}

/** Memory of a process and everything below it, MiB; what several share is counted once. @param {number} pid */
export function residentMib(pid) {
  if (process.platform !== 'linux') return Number.NaN;
  let kib = 0;
  for (const one of treeOf(processes(), pid)) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
    } catch {
      // It ended while we looked.
    }
  }
  return kib / 1024;
}

/** Forgets the peaks of a process and everything below it, see {@link peakMib}. @param {number} pid */
export function forgetPeak(pid) {
  for (const one of process.platform === 'linux' ? treeOf(processes(), pid) : []) {
    try {
      writeFileSync(`/proc/${one}/clear_refs`, '5');
    } catch {
      // It ended, or is not ours to ask: then the peak is that of its whole life.
    }
  }
}

/** The most that was resident since then, MiB; of several processes the sum. @param {number} pid */
export function peakMib(pid) {
  if (process.platform !== 'linux') return Number.NaN;
  let kib = 0;
  for (const one of treeOf(processes(), pid)) {
    try {
      kib += Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'latin1'))?.[1] ?? 0);
    } catch {
      // It ended while we looked.
    }
  }
  return kib / 1024;
}

/** The process that was started with these words in its command line, and is ours. @param {string} words */
export function findChild(words) {
  const all = processes();
  const ours = treeOf(all, process.pid);
  const fits = ({ pid, parent }) => {
    if (!ours.has(pid) || parent !== process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(words);
    } catch {
      return false;
    }
  };
  return all.find(fits)?.pid;
}

/**
 * Processor seconds so far of everything that is neither ours (this process and what it started) nor the kernel's own
 * threads, which write our files out.
 */
export function othersSeconds() {
  if (process.platform !== 'linux') return Number.NaN;
  const [, user, nice, system] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0].split(/\s+/).map(Number);
  const all = processes();
  const kernel = all.filter(({ parent }) => parent === KERNEL_THREADS).reduce((sum, { ticks }) => sum + ticks, 0);
  return (user + nice + system - kernel - ticksOfTree(all, process.pid)) / TICKS_A_SECOND;
}
