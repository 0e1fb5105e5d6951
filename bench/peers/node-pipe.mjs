/** The plainest upload server in Node: the body is piped into a file. No signature, no hash, no sync. */
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const directory = process.argv[2];
const server = createServer((request, response) => {
  pipeline(request, createWriteStream(join(directory, basename(request.url)))).then(
    () => response.writeHead(201, { 'content-length': 0 }).end(),
    (error) => response.destroy(error),
  );
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
