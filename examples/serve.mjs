/**
 * Serves one of the browser examples, with a token for everybody who asks: your own back end would know who that is.
 *
 *     npm start                              # in another terminal: Sluice
 *     node examples/serve.mjs react          # or vue, web-component, uppy
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [name = 'web-component', endpoint = 'http://127.0.0.1:8400', port = '8080'] = process.argv.slice(2);
const folder = join(dirname(fileURLToPath(import.meta.url)), name);

/** Single-file components of Vue: script and template become one module. */
const vue = {
  name: 'vue',
  setup(builder) {
    builder.onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { compileScript, parse } = await import('vue/compiler-sfc');
      const { descriptor } = parse(await readFile(path, 'utf8'), { filename: path });
      return { contents: compileScript(descriptor, { id: 'example', inlineTemplate: true }).content };
    });
  },
};

const { outputFiles } = await build({
  entryPoints: [join(folder, 'main')],
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  write: false,
  outfile: 'main.js',
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.SLUICE_ENDPOINT': JSON.stringify(endpoint),
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  plugins: [vue],
});

async function answer(path) {
  if (path === '/') return { type: 'text/html', body: await readFile(join(folder, 'index.html')) };
  if (path === '/main.js') return { type: 'text/javascript', body: outputFiles[0].contents };
  if (path === '/token') {
    const token = await fetch(`${endpoint}/token`, { method: 'POST' });
    return { status: token.status, type: 'application/json', body: await token.text() };
  }
  return { status: 404, type: 'text/plain', body: 'Not here.' };
}

const server = createServer(async (request, response) => {
  try {
    const { status = 200, type, body } = await answer(new URL(request.url, 'http://localhost').pathname);
    response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(body);
  } catch (error) {
    response.writeHead(502).end(String(error));
  }
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
