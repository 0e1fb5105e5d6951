const LONGEST = 500;

/**
 * Makes the message of a service fit for logs: the echo of the string-to-sign goes, since it holds access key ids,
 * tokens and policies (reference ram-sts 4.5, 6.2 point 9), and so does every secret that was sent.
 */
export function redact(message: string, secrets: readonly string[]): string {
  let text = message.replace(/server\s*string\s*to\s*sign[\s\S]*/i, '').trim();
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '[redacted]');
  return text.slice(0, LONGEST);
}
