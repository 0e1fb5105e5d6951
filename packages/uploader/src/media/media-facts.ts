/** What a media file says of itself. What is not known is `undefined`. */
export interface MediaFacts {
  /** `unknown`: no format that can be read; {@link reason} says why. Uploading it is still possible. */
  readonly kind: 'video' | 'audio' | 'image' | 'unknown';
  /** E.g. `MP4`, `QuickTime File Format`, `WebM`, `Matroska`, `MP3`; of images the MIME type. */
  readonly container?: string | undefined;
  /** With its codecs, e.g. `video/mp4; codecs="avc1.42c01e, mp4a.40.2"`. */
  readonly mimeType?: string | undefined;
  readonly durationSeconds?: number | undefined;
  /** Pixels as shown: after rotation and aspect ratio. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Degrees clockwise by which the frames are turned to be shown; {@link width} and {@link height} are after it. */
  readonly rotation?: 0 | 90 | 180 | 270 | undefined;
  /** Frames per second, from the time stamps of the first frames. */
  readonly fps?: number | undefined;
  /** `avc`, `hevc`, `vp8`, `vp9`, `av1`, `prores`. */
  readonly videoCodec?: string | undefined;
  /** `aac`, `opus`, `mp3`, `flac`, `vorbis`, `pcm-…` */
  readonly audioCodec?: string | undefined;
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
  /** Bits per second: the whole file by its duration. */
  readonly bitrate?: number | undefined;
  /** How much of the file was read, bytes. */
  readonly bytesRead: number;
  /** Why something is missing, one sentence. */
  readonly reason?: string | undefined;
}

/** Options of `probe`. */
export interface ProbeOptions {
  /** Most bytes of the file that are read; what is not known by then stays `undefined`. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds, default 10 000. */
  readonly timeout?: number | undefined;
}
