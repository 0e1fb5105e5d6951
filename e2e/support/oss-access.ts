import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';

/** Allows the key of the AppServer everything in OSS. To be called while no server runs on the data directory. */
export function allowOss(data: string): void {
  const db = new DatabaseSync(join(data, 'sluice.db'));
  try {
    const { account_id, user_id } = db
      .prepare("SELECT account_id, user_id FROM users WHERE user_name = 'appserver'")
      .get() as { account_id: string; user_id: string };
    const document = JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: 'oss:*', Resource: '*' }],
    });
    db.prepare(
      'INSERT INTO policies (owner, policy_name, description, document, created_at) VALUES (?, ?, ?, ?, 0)',
    ).run(account_id, 'E2eOss', '', document);
    db.prepare(
      'INSERT INTO policy_attachments (principal, policy_owner, policy_name, attached_at) VALUES (?, ?, ?, 0)',
    ).run(`user:${user_id}`, account_id, 'E2eOss');
  } finally {
    db.close();
  }
}
