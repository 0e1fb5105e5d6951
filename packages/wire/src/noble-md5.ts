/** MD5 alone, for pages that sign with WebCrypto. */
export { md5 } from '@noble/hashes/legacy.js';
