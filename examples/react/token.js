/** A token of your own back end, which knows who is logged in. */
export async function fetchToken({ signal }) {
  const answer = await fetch('/token', { signal });
  if (!answer.ok) throw new Error(`No token (HTTP ${answer.status}).`);
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = await answer.json();
  return {
    accessKeyId: AccessKeyId,
    accessKeySecret: AccessKeySecret,
    securityToken: SecurityToken,
    expiration: Expiration,
  };
}
