/** The tus server of its makers with their store of files. It checks no signature, hashes nothing and syncs nothing. */
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const server = new Server({ path: '/files', datastore: new FileStore({ directory: process.argv[2] }) });
const listener = server.listen({ port: 0, host: '127.0.0.1' }, () => console.log(listener.address().port));
