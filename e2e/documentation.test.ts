/** What the documentation shows: links lead somewhere, samples compile, tables have the names that there are. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { configShape, parseConfig } from '@sluice/server';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from './support/command.js';
import { READERS } from './support/documentation-readers.js';
import { repository, temporaryDirectory } from './support/server.js';

const run = promisify(execFile);
const read = (page: string): Promise<string> => readFile(join(repository, page), 'utf8');

const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...(await Promise.all(['docs', 'packages', 'examples', 'bench'].map(markdownOf))).flat(),
];

async function markdownOf(room: string): Promise<string[]> {
  const names = await readdir(join(repository, room), { recursive: true });
  return names.filter((name) => name.endsWith('.md') && !name.includes('node_modules')).map((name) => join(room, name));
}

/** Code is taken out: what looks like a link there is none. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '');

const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

test.each(pages)('every link of %s leads somewhere', async (page) => {
  const text = prose(await read(page));
  const dead: string[] = [];
  for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(link)) continue;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? join(repository, page) : resolve(repository, dirname(page), path);
    const found = await readFile(target, 'utf8').catch((error: NodeJS.ErrnoException) => error.code);
    const headings = [...prose(found ?? '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
    if (found === 'ENOENT' || (anchor !== undefined && !headings.includes(anchor))) dead.push(link);
  }
  expect(dead).toEqual([]);
});

/** @returns what a strict consumer of the built packages is told; nothing when all is well */
async function compile(directory: string): Promise<string> {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: ['node'],
  };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', directory], { cwd: directory }).catch((error) => error);
  return stdout;
}

describe('the samples', () => {
  let project: string;
  beforeAll(async () => {
    project = await temporaryDirectory();
    await symlink(join(repository, 'node_modules'), join(project, 'node_modules'));
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  test.each(Object.entries(READERS))(
    '%s compile for a strict consumer',
    async (reader, { pages: shown, leftToReader }) => {
      const directory = join(project, reader);
      await mkdir(directory);
      await writeFile(join(directory, 'reader.d.ts'), leftToReader);
      if (reader === 'phones') {
        await cp(join(repository, 'examples/react-native/src/libraries.d.ts'), join(directory, 'libraries.d.ts'));
      }
      let samples = 0;
      for (const page of shown) {
        for (const [, code] of (await read(page)).matchAll(/^```[jt]s\n([\s\S]*?)^```/gm)) {
          // Each is a module of its own; what it leaves to the reader is declared beside it.
          await writeFile(join(directory, `sample-${++samples}.ts`), `// ${page}\n${code}\nexport {};\n`);
        }
      }
      expect(samples).toBeGreaterThanOrEqual(shown.length);
      expect(await compile(directory)).toBe('');
    },
  );

  test('the names of the options, states and events are those of the types', async () => {
    const text = await read('packages/uploader/README.md');
    const between = (begin: string, end: string): string => {
      const from = text.indexOf(begin) + begin.length;
      return text.slice(from, text.indexOf(end, from));
    };
    const rows = [...between('\n## Options\n', '\n`upload(').matchAll(/^\| ((?:`\w+`(?:, )?)+)/gm)];
    const list = (names: readonly string[]): string => `{ ${names.map((name) => `'${name}': true`).join(', ')} }`;
    const directory = join(project, 'names');
    await mkdir(directory);
    const lists = [
      ['keyof NodeUploaderOptions', rows.flatMap(([, names]) => namesIn(names))],
      ['keyof UploadOptions', namesIn(between('`upload(file, options)` takes ', '. Image or video'))],
      ['UploadState', namesIn(between('`task.state` is ', '\n\n'))],
      ['keyof UploadEvents', namesIn(between('| `on(event, listener)` | ', ';'))],
    ] as const;
    await writeFile(
      join(directory, 'names.ts'),
      [
        "import type { NodeUploaderOptions, UploadEvents, UploadOptions, UploadState } from '@sluice/uploader/node';",
        ...lists.map(([type, names], i) => `export const list${i}: Record<${type}, true> = ${list(names)};`),
      ].join('\n'),
    );
    expect(await compile(directory)).toBe('');
  });

  test('no page with samples is left out', async () => {
    const checked = Object.values(READERS).flatMap((reader) => reader.pages);
    for (const page of pages) {
      if (/^```ts$/m.test(await read(page))) expect(checked).toContain(page);
    }
  });
});

test.each(['uploader', 'appserver', 'policy', 'wire'])(
  'every name that @sluice/%s exports is described',
  async (room) => {
    const { exports } = JSON.parse(await read(`packages/${room}/package.json`)) as { exports: unknown };
    const entries = [...JSON.stringify(exports).matchAll(/"(\.\/src\/[\w-]+\.ts)"/g)].map(([, path = '']) =>
      join(repository, 'packages', room, path),
    );
    const program = ts.createProgram(entries, { noResolve: false, skipLibCheck: true, module: ts.ModuleKind.NodeNext });
    const checker = program.getTypeChecker();
    const bare = new Set<string>();
    for (const entry of entries) {
      const file = program.getSourceFile(entry);
      const module = file && checker.getSymbolAtLocation(file);
      // A script that is run for its effect exports nothing.
      for (const name of module ? checker.getExportsOfModule(module) : []) {
        const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
        const ours = symbol.declarations?.some((node) =>
          node.getSourceFile().fileName.includes(`/packages/${room}/src/`),
        );
        const described = symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;
        if (ours && !described) bare.add(name.name);
      }
    }
    expect([...bare]).toEqual([]);
  },
);

/** Names in code of a text, in their order. */
const namesIn = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

test('the table of settings has every setting, with its option, its variable and its default', async () => {
  const { out: help } = await runCommand(['serve', '--help']);
  const defaults: Record<string, unknown> = parseConfig({});
  const described: string[] = [];
  for (const [, names, options, variables, shown] of (await read('docs/settings.md')).matchAll(
    /^\| (`\w+`(?:, `\w+`)*) \| (.*?) \| (.*?`SLUICE.*?) \| (.*?) \| /gm,
  )) {
    for (const [index, name] of namesIn(names).entries()) {
      described.push(name);
      const option = `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
      const isOption = new RegExp(`^ +${option}\\b(?!-)`, 'm').test(help);
      expect(namesIn(options)[index], name).toBe(isOption ? option : undefined);
      expect(namesIn(variables)[index]).toBe(`SLUICE_${option.slice(2).replaceAll('-', '_').toUpperCase()}`);
      const value = defaults[name];
      const text = typeof value === 'boolean' ? new RegExp(value ? '^on$' : '^(?:off|false)$') : String(value);
      if (value !== undefined && typeof value !== 'object') expect(shown?.replaceAll('`', ''), name).toMatch(text);
    }
  }
  expect(described.sort()).toEqual(Object.keys(configShape.shape).sort());
});
