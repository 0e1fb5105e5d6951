/** Video (which includes audio) or image, by the real extension or MIME type. Reference: vod 4.13. */

import { extensionOf } from './media-extension.js';

export { mediaExtension } from './media-extension.js';

/** What a medium is to the service. Audio is a video, too. */
export type MediaKind = 'video' | 'image';

const IMAGES: ReadonlySet<string> = new Set('png jpg jpeg gif heic heif webp bmp avif tif tiff'.split(' '));
const VIDEOS: ReadonlySet<string> = new Set(
  `mp4 ts 3gp mpg mpeg mpe dat vob asf avi wmv flv f4v rm rmvb mov mkv m3u8 dv m2t m4v mj2 mjpeg mts ogg qt swf webm
  mp3 wma wav aac ra m4a flac ape ac3 amr caf acm`.split(/\s+/),
);
export function mediaKind(name: string, type: string): MediaKind {
  const extension = extensionOf(name);
  if (IMAGES.has(extension)) return 'image';
  if (VIDEOS.has(extension)) return 'video';
  return type.toLowerCase().startsWith('image/') ? 'image' : 'video';
}
