/** The programs in `c/`, compiled when they are first needed. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/ready.mjs';

const SOURCES = fileURLToPath(new URL('../c/', import.meta.url));
const BUILT = join(root, 'node_modules', '.cache', 'sluice-bench');

/** @param {'sink' | 'link' | 'store'} name @returns {string} the program's file; compiled anew when a source has changed */
export function nativeProgram(name) {
  const hash = createHash('sha256');
  for (const file of readdirSync(SOURCES).sort()) hash.update(readFileSync(join(SOURCES, file)));
  const program = join(BUILT, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(BUILT, { recursive: true });
  const beside = `${program}.${process.pid}`;
  const compiler = process.env.CC ?? 'cc';
  const command = ['-O2', '-Wall', '-o', beside, join(SOURCES, `${name}.c`), '-lpthread'];
  const { status, error, stderr } = spawnSync(compiler, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`This benchmark needs a C compiler (CC, or cc): ${error?.message ?? stderr}`);
  renameSync(beside, program);
  return program;
}
