/** A project that has installed the packages as they would be published. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repository, temporaryDirectory } from '../server.js';

export interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  /** Installed here, as by an application that uses the entries for them. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export const manifestOf = async (room: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(repository, 'packages', room, 'package.json'), 'utf8')) as Manifest;

/** @returns its directory, empty but for `node_modules`; to be removed by the caller */
export async function installPublished(): Promise<string> {
  const project = await temporaryDirectory();
  const modules = join(project, 'node_modules');
  await install(modules, 'uploader');
  await mkdir(join(modules, '@types'));
  await symlink(join(repository, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'));
  await symlink(join(repository, 'node_modules', 'undici-types'), join(modules, 'undici-types'));
  return project;
}

async function install(modules: string, room: string): Promise<void> {
  const from = join(repository, 'packages', room);
  const to = join(modules, '@sluice', room);
  const { dependencies, peerDependencies } = await manifestOf(room);
  for (const file of await packed(from)) await cp(join(from, file), join(to, file));
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const [scope, inner] = name.split('/') as [string, string?];
    if (scope === '@sluice') await install(modules, inner as string);
    else await link(modules, name, from);
  }
}

/** What npm would publish, so that a file which the manifest forgets is missed here. */
async function packed(directory: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], {
    cwd: directory,
    maxBuffer: 16 * 1024 * 1024,
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

async function link(modules: string, name: string, from: string): Promise<void> {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  for (const place of places) {
    const found = await readFile(join(place, name, 'package.json')).catch(() => undefined);
    if (!found) continue;
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(place, name), join(modules, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return;
  }
  throw new Error(`${name} is not installed`);
}
