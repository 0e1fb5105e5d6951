/** The pages of `browser/`: each client bundled as a site would, served on an origin of its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HTML =
  '<!doctype html><meta charset="utf-8"><title>bench</title><input type="file" id="pick"><script src="/page.js"></script>';

/** @param {string} name of a file in `browser/` */
async function script(name) {
  const file = (base) => JSON.stringify(fileURLToPath(new URL(`../browser/${base}.mjs`, import.meta.url)));
  const { outputFiles } = await build({
    stdin: {
      contents: `import ${file('watch')}; import ${file(name)};`,
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

/** @template T @param {string} name @param {(url: string) => Promise<T>} use */
export async function withPage(name, use) {
  const code = await script(name);
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? code : HTML);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
