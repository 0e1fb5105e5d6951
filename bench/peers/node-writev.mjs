/** What `node:http` can do: chunks are gathered to 1 MiB and written with `writev`. No signature, no hash, no sync. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const GATHER_BYTES = 2 ** 20;
const directory = process.argv[2];

async function take(request, path) {
  const file = await open(path, 'w');
  let chunks = [];
  let bytes = 0;
  let writing;
  const flush = async () => {
    const batch = chunks;
    chunks = [];
    bytes = 0;
    await writing;
    writing = file.writev(batch);
  };
  for await (const chunk of request) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= GATHER_BYTES) await flush();
  }
  if (bytes > 0) await flush();
  await writing;
  await file.close();
}

const server = createServer(async (request, response) => {
  const path = join(directory, basename(request.url));
  try {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-length': (await stat(path)).size });
      return await pipeline(createReadStream(path, { highWaterMark: GATHER_BYTES / 4 }), response);
    }
    await take(request, path);
    response.writeHead(201, { 'content-length': 0 }).end();
  } catch (error) {
    response.destroy(error);
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
