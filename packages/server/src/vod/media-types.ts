/** File extensions that may be uploaded, lower-case. Reference: vod 4.13. */
const VIDEO =
  'mp4 ts 3gp mpg mpeg mpe dat vob asf avi wmv flv f4v rm rmvb mov mkv m3u8 dv gif m2t m4v mj2 mjpeg mts ogg qt swf webm';
const AUDIO = 'mp3 wma wav aac ra m4a flac ape ac3 amr caf acm';

export const MEDIA_EXTENSIONS: ReadonlySet<string> = new Set(`${VIDEO} ${AUDIO}`.split(' '));
export const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set(['png', 'jpg', 'jpeg', 'gif', 'heic']);
/** By `BusinessType`. Reference: vod 4.3. */
export const ATTACHED_MEDIA_EXTENSIONS = {
  watermark: new Set(['png', 'gif', 'apng', 'mov']),
  subtitle: new Set(['srt', 'ass', 'stl', 'ttml', 'vtt']),
  material: new Set(['jpg', 'gif', 'png', 'mp4', 'mat', 'zip', 'apk']),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>;

/** The last piece of a path with either slash: the iOS SDK sends the full local path (reference vod 3.3). */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Lower-case, without the dot; empty when there is none. */
export function extensionOf(fileName: string): string {
  const name = baseName(fileName);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}
