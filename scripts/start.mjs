import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ready, root } from './ready.mjs';

ready();
const { run } = await import(pathToFileURL(join(root, 'packages', 'cli', 'dist', 'main.js')).href);
process.exitCode = await run(['serve', ...process.argv.slice(2)]);
