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

/** The extension, or one that follows from the MIME type; empty when neither tells. */
export function mediaExtension(name: string, type: string): string {
  const subtype = /^(?:audio|image|video)\/([a-z0-9-]+)/.exec(type.toLowerCase())?.[1] ?? '';
  return (
    extensionOf(name) ||
    (SUBTYPE_EXTENSIONS[subtype] ?? (subtype === 'mpeg' && type.startsWith('audio') ? 'mp3' : subtype))
  );
}
