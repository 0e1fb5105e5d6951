import type { Checkpoint } from '../ports.js';
import { rangeOf } from './layout.js';
import { sameETag } from './oss-answers.js';
import { type DonePart, isWhole, type Session } from './session.js';
import { listParts } from './store-calls.js';
import type { TransferContext } from './transfer-context.js';

/**
 * Takes from the server's list what this session does not know it has: parts of an earlier page or of another device,
 * and those whose answer was cut off. Parts that overlap (a late one of a run that chose other sizes) are not both
 * taken; what the server no longer has as this session knew it is dropped.
 * @param remembered what was noted of parts when they were sent
 */
export async function adoptStoredParts(
  context: TransferContext,
  session: Session,
  remembered: Checkpoint['parts'],
  signal: AbortSignal,
): Promise<void> {
  const { done, layout } = session;
  const listed = await listParts(context.store, session, signal);
  const own = new Map<number, DonePart>(
    remembered.map(([number, size, etag, crc64]) => [number, { size, etag, crc64: BigInt(crc64) }]),
  );
  for (const [number, part] of done) own.set(number, part);
  const held = [...done];
  const known = new Set(done.keys());
  done.clear();
  let end = 0;
  for (const part of [...listed.values()].sort((a, b) => a.number - b.number)) {
    const range = rangeOf(layout, part.number, part.size);
    const kept = range && range.start >= end ? keepPart(part, own.get(part.number)) : undefined;
    if (!range || !kept) continue;
    end = range.end;
    // What this run read and sent itself need not be read again.
    done.set(part.number, (known.has(part.number) && own.get(part.number)) || kept);
  }
  for (const [number, { size }] of held) if (!done.has(number)) context.meter.dropped(size);
  for (const [number, { size }] of done) if (!known.has(number)) context.meter.resumed(size);
}

/** Everything was sent, but is it there as it was sent? To be asked before a Complete that was refused is sent again. */
export async function recheckParts(context: TransferContext, session: Session, signal: AbortSignal): Promise<boolean> {
  await adoptStoredParts(context, session, [], signal);
  return isWhole(session);
}

/**
 * A part of an earlier page is taken with the CRC it had then, and read again before the upload is completed: name, size,
 * time and samples of a file can be those of another.
 */
function keepPart(
  { etag, crc64, size }: { etag: string; crc64: bigint | undefined; size: number },
  own: DonePart | undefined,
): DonePart | undefined {
  if (etag === '') return undefined;
  if (!own) return { size, etag, crc64: undefined, listedCrc64: crc64 };
  const differs = (crc64 !== undefined && crc64 !== own.crc64 && own.crc64 !== undefined) || size !== own.size;
  return differs || !sameETag(own.etag, etag)
    ? undefined
    : { size, etag, crc64: undefined, listedCrc64: crc64 ?? own.crc64 ?? own.listedCrc64 };
}
