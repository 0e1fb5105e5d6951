/** Video (which includes audio) or image, by the real extension or MIME type. Reference: vod 4.13. */

export type MediaKind = 'video' | 'image';

const IMAGES: ReadonlySet<string> = new Set('png jpg jpeg gif heic heif webp bmp avif tif tiff'.split(' '));
const VIDEOS: ReadonlySet<string> = new Set(
  `mp4 ts 3gp mpg mpeg mpe dat vob asf avi wmv flv f4v rm rmvb mov mkv m3u8 dv m2t m4v mj2 mjpeg mts ogg qt swf webm
  mp3 wma wav aac ra m4a flac ape ac3 amr caf acm`.split(/\s+/),
);
const SUBTYPE_EXTENSIONS: Readonly<Record<string, string>> = {
  jpeg: 'jpg',
  quicktime: 'mov',
  'x-matroska': 'mkv',
  'x-msvideo': 'avi',
};

/** Lower case, without the dot; empty when there is none. Directories with `/` or `\` are not looked at. */
export function extensionOf(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const dot = base.lastIndexOf('.');
  return dot <= 0 ? '' : base.slice(dot + 1).toLowerCase();
}

export function mediaKind(name: string, type: string): MediaKind {
  const extension = extensionOf(name);
  if (IMAGES.has(extension)) return 'image';
  if (VIDEOS.has(extension)) return 'video';
  return type.toLowerCase().startsWith('image/') ? 'image' : 'video';
}

/** The extension, or one that follows from the MIME type; empty when neither tells. */
export function mediaExtension(name: string, type: string): string {
  const subtype = /^(?:audio|image|video)\/([a-z0-9-]+)/.exec(type.toLowerCase())?.[1] ?? '';
  return (
    extensionOf(name) ||
    (SUBTYPE_EXTENSIONS[subtype] ?? (subtype === 'mpeg' && type.startsWith('audio') ? 'mp3' : subtype))
  );
}
