/**
 * The modules here are loaded when they are needed. Each hands on the uploader as well, which nobody takes from here:
 * bundlers then see that whoever loads a chunk has the uploader, and leave that in one piece. In many it compresses
 * worse, by 2.5 kB.
 */
export * from '../../core/extras.js';
export { createUploader } from '../create-uploader.js';
