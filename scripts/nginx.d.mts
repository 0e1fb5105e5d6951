/** One that runs and has WebDAV, TLS and HTTP/2; fetched (Debian) when there was none; `undefined` when there is none to be had. */
export function findNginx(): { readonly file: string; readonly version: string } | undefined;
