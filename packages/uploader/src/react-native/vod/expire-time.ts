/**
 * When a token ends, in milliseconds: ISO 8601 as STS answers it, seconds since the Unix epoch as the OSS SDKs also take,
 * or a lifetime in seconds as in an UploadAuth. `undefined` when it is none of them: then it is renewed when it is refused.
 */
export function expiration(expireTime: string | number, now: number): number | undefined {
  const number = Number(expireTime);
  if (String(expireTime).trim() !== '' && Number.isFinite(number)) {
    if (number >= 1e12) return number;
    return number >= 1e9 ? number * 1000 : now + number * 1000;
  }
  const end = Date.parse(String(expireTime));
  return Number.isNaN(end) ? undefined : end;
}
