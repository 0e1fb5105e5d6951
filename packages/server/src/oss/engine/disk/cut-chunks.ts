/** Chunks in runs of at most `most` bytes; one that does not fit is cut. Nothing is copied. */
export function* cutChunks(chunks: readonly Uint8Array[], most: number): Generator<readonly Uint8Array[]> {
  let run: Uint8Array[] = [];
  let room = most;
  for (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > room) {
      yield [...run, rest.subarray(0, room)];
      rest = rest.subarray(room);
      run = [];
      room = most;
    }
    run.push(rest);
    room -= rest.length;
  }
  if (room < most) yield run;
}
