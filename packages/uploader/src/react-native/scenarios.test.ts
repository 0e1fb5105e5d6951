import { describe, expect, it } from 'vitest';
import { scenarios } from '../testing/native-scenarios.js';

const whole = { whole: true, remembered: 0, longestRead: 102_400, sentTwice: 0 };

const expected: Readonly<Record<string, object>> = {
  'a file in parts': whole,
  'a small file in one piece': { ...whole, longestRead: 1234 },
  'the credential of the file ends on the way': { ...whole, refreshed: 1 },
  'every credential is revoked on the way': { ...whole, reasons: ['initial', 'refused'] },
  'bytes that are changed on the way are sent again': { ...whole, sentTwice: 1 },
  'bytes that are always changed fail the upload': { code: 'ChecksumMismatch', retryable: true },
  'paused and resumed': { ...whole, paused: 'paused' },
  'the application is killed and started again': { ...whole, rememberedBetween: 1 },
  'a lost answer and a broken line': { ...whole, sentTwice: 1 },
  'VODUploadClient in STS mode, the token ends on the way': { ...whole, status: 'FINISHED' },
  'CRC-64 and UTF-8': { crc: '14949675818459340137', combined: '14949675818459340137' },
};

describe('whole uploads from a phone, in Node', () => {
  it.each(scenarios)('$name', async ({ name, run }) => {
    expect(await run()).toMatchObject(expected[name] ?? {});
    expect(expected).toHaveProperty([name]);
  });
});
