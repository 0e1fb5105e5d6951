/**
 * A line of some round-trip time, loss and rate between two network namespaces, by `c/link.c`. Needs Linux, root, and `ip`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { firstLine, start, stop } from './children.mjs';
import { nativeProgram } from './native.mjs';

/** About what the line of a home or a mobile cell buffers. */
const QUEUE_KIB = 512;
/** What the computers and telephones of users have; `reno` and `cubic` take every loss for a full line. */
const CONGESTION_CONTROL = 'cubic';
/** The line must not wait for those who send over it. */
const FIRST = ['nice', '-n', '-15'];

/**
 * @typedef {object} Step
 * @property {number} second from when on, counted from the first packet
 * @property {number} rtt milliseconds
 * @property {number} mbit each way
 * @property {number} loss percent of the packets, each way
 */

/** Why there can be no such line here; `undefined` when there can. */
export function missingForNetworks() {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces are for root';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  if (spawnSync('ip', ['-V']).status !== 0) return 'the command ip (iproute2) is missing';
  return undefined;
}

function ip(...words) {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/**
 * @template T
 * @param {{ lane: number, steps: readonly Step[], seed: number }} line `lane` tells lines apart that stand at the same time
 * @param {(ends: { client: readonly string[], server: readonly string[], host: string }) => Promise<T>} use `client` and `server`:
 *   the words that run a command at that end; `host`: the server's address
 */
export async function withLine({ lane, steps, seed }, use) {
  const names = ['a', 'b'].map((end) => `sb${process.pid % 10_000}${end}${lane}`);
  const address = (i) => `10.${77 + lane}.0.${i + 1}`;
  const texts = steps.map(({ second, rtt, mbit, loss }) => [second, rtt, mbit, loss].join(':'));
  const command = [...FIRST, nativeProgram('link'), ...names, String(QUEUE_KIB), String(seed), ...texts];
  const made = [];
  const removeAll = () => {
    for (const name of made) spawnSync('ip', ['netns', 'del', name]);
  };
  process.once('exit', removeAll);
  const emulator = start(command, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await firstLine(emulator);
    for (const [i, name] of names.entries()) {
      ip('netns', 'add', name);
      made.push(name);
      ip('link', 'set', name, 'netns', name);
      ip('-n', name, 'addr', 'add', `${address(i)}/24`, 'dev', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'link', 'set', name, 'up', 'mtu', '1500', 'txqueuelen', '1000');
      const route = [`10.${77 + lane}.0.0/24`, 'dev', name, 'proto', 'kernel', 'scope', 'link', 'src', address(i)];
      ip('-n', name, 'route', 'replace', ...route, 'congctl', CONGESTION_CONTROL);
      // What a connection learnt about the line is not handed to the next one.
      ip('netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.tcp_no_metrics_save=1');
    }
    const at = (name) => ['ip', 'netns', 'exec', name];
    return await use({ client: at(names[0]), server: at(names[1]), host: address(1) });
  } finally {
    await stop(emulator);
    removeAll();
    process.off('exit', removeAll);
  }
}
