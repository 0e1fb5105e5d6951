import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg, type } from 'node:os';
import { scratchFacts } from './scratch.mjs';

/** @returns {string} `Debian GNU/Linux 12`, or the kernel's name elsewhere */
function system() {
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    const value = (name) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(release)?.[1];
    return `${value('NAME')} ${value('VERSION_ID') ?? ''}`.trim();
  } catch {
    return type();
  }
}

/** What somebody needs to know to compare figures. @returns {Promise<string[]>} */
export async function machineFacts() {
  const { fileSystem } = await scratchFacts();
  return [`${availableParallelism()} cores`, system(), `Node ${process.versions.node}`, fileSystem];
}

/** Average of the last minute. */
export const load = () => loadavg()[0].toFixed(2);
