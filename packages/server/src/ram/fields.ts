/** Parameters of RAM operations. Limits of reference ram-sts 2.2. */
import { z } from 'zod';

/** Code points, as a person counts. */
const text = (min: number, max: number) =>
  z.string().superRefine((value, context) => {
    const length = [...value].length;
    if (length < min || length > max) {
      context.addIssue({ code: 'too_big', maximum: max, origin: 'string', inclusive: true, message: 'length' });
    }
  });

export const userName = text(1, 64).regex(/^[A-Za-z0-9._-]*$/);
export const groupName = text(1, 64).regex(/^[A-Za-z0-9._-]*$/);
export const roleName = text(1, 64).regex(/^[A-Za-z0-9.-]*$/);
export const policyName = text(1, 128).regex(/^[A-Za-z0-9-]*$/);
export const displayName = text(1, 128).regex(/^[\p{L}\p{N}._ @-]*$/u);
export const mobilePhone = text(1, 64).regex(/^\d{1,4}-\d{3,20}$/);
export const email = text(1, 128).regex(/^[^@\s]+@[^@\s]+$/);
export const comments = text(0, 128);
export const description = text(1, 1024);
export const accessKeyId = z.string().regex(/^[A-Za-z0-9.]{1,64}$/);

export const mfaDeviceName = text(1, 64).regex(/^[A-Za-z0-9.-]*$/);
/** Longest password that is hashed; the password policy asks for more of it. */
export const password = text(1, 128).regex(/^\P{Cc}*$/u);
/** Never digits alone: those are account ids. */
export const accountAlias = text(3, 63).regex(/^(?!\d+$)[a-z0-9]+(-[a-z0-9]+)*$/);
/** A count; which ones are allowed the operation says. */
export const count = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

export const trueOrFalse = z
  .string()
  .regex(/^(true|false)$/i)
  .transform((value) => value.toLowerCase() === 'true');

/** Entities that lists turn their pages by. */
export const page = (most = 1000) => ({
  Marker: z.string().max(512).optional(),
  MaxItems: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(most))
    .optional(),
});
