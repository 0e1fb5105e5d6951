import type { CheckReport, Finding, FindingStatus } from './finding.js';

const MARKS: Readonly<Record<FindingStatus, string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skipped: '-   ' };

/** One line: mark, title, message. */
export const describeFinding = ({ status, title, message }: Finding): string =>
  `${MARKS[status]}  ${title.padEnd(24)}  ${message}`;

/** A report as text; what was skipped is left out, the last line sums up. */
export function describeReport({ findings }: CheckReport): string {
  const lines = findings.filter(({ status }) => status !== 'skipped').map(describeFinding);
  return [...lines, summary(findings)].join('\n');
}

export function summary(findings: readonly Finding[]): string {
  const count = (status: FindingStatus): number => findings.filter((finding) => finding.status === status).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed > 0) return `${failed} of ${findings.length} checks failed: uploads will fail.`;
  const seen = `${count('ok') + warned} checks passed, ${count('skipped')} skipped`;
  return warned > 0 ? `${seen}, ${warned} with a warning.` : `${seen}.`;
}
