/** Parameters of identity providers. Reference: ram-sts 1.4, and the models of the official IMS client. */
import { z } from 'zod';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;
const FINGERPRINT = /^[A-Za-z0-9]+$/;

const text = (max: number, shape: RegExp) => z.string().min(1).max(max).regex(shape);

export const oidcProviderName = text(128, NAME);
export const clientId = text(128, CLIENT_ID);
export const fingerprint = text(128, FINGERPRINT);
export const oidcDescription = z.string().max(256);

/** Comma-separated, each once. Longer lists than a provider may have are the handler's to refuse. */
const list = (item: z.ZodType<string, string>) =>
  z
    .string()
    .max(16_384)
    .transform((joined) => [...new Set(joined.split(',').map((each) => each.trim()))])
    .pipe(z.array(item));

export const clientIds = list(clientId);
export const fingerprints = list(fingerprint);

/** How old a token may be, hours. */
export const issuanceLimitTime = z
  .string()
  .regex(/^\d{1,3}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(168));

const MAX_ISSUER = 255;

/** `iss` is compared to the letter, so nothing is normalised; the loopback exception is the handler's. */
export const issuerUrl = z
  .string()
  .max(MAX_ISSUER)
  // No whitespace, query, fragment, user, or backslash that a URL parser would take for a slash.
  .regex(/^https?:\/\/[^\s?#@\\/]+(?:\/[^\s?#@\\]*)?$/)
  .refine((url) => URL.canParse(url));
