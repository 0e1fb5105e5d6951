/** A project that has installed the packages as they would be published. */
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { repository, temporaryDirectory } from '../server.js';

export interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
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
  const { files, dependencies, peerDependencies } = await manifestOf(room);
  await mkdir(to, { recursive: true });
  // Only what the manifest says is published, so that a file it forgets is missed here.
  for (const name of ['package.json', ...files]) await cp(join(from, name), join(to, name), { recursive: true });
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    const [scope, inner] = name.split('/') as [string, string?];
    if (scope === '@sluice') await install(modules, inner as string);
    else await link(modules, name, from);
  }
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
