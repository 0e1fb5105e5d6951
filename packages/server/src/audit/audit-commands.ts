import type { Database } from '../db/schema.js';
import { drained } from '../http/drained.js';
import { type LocalCall, type LocalCommand, refuse } from '../http/local-control.js';
import type { KeyRing } from '../keys/key-ring.js';
import { type AuditRequest, answerAudit, auditRequest } from './audit-request.js';
import type { AuditTrail } from './trail.js';

export interface AuditCommandParts {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly trail: AuditTrail;
  /** The data directory. */
  readonly data: string;
}

/** `sluice audit` beside a running server. */
export function auditCommands(parts: AuditCommandParts): readonly LocalCommand[] {
  return [{ method: 'GET', path: '/audit', run: (call) => answer(parts, call) }];
}

async function answer({ db, ring, trail, data }: AuditCommandParts, { query, response }: LocalCall): Promise<void> {
  let asked: AuditRequest;
  try {
    asked = auditRequest.parse(JSON.parse(query.get('ask') ?? ''));
  } catch {
    return refuse(response, 400, 'this server does not understand the question; are both of the same version?');
  }
  await trail.idle();
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for await (const line of answerAudit({ db, ring, data, running: await trail.tail() }, asked)) {
    if (response.destroyed) return;
    if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response);
  }
  response.end();
}
