/** Sums of a run and what the user asked of it in, the exit code out. Pure. */
import type { Summary } from '../session/summary.ts';
import { type FindingView, severities } from '../wire/view.ts';
import { type ExitCode, exitCode } from './exit.ts';

export interface Demands {
  /** Fail when a finding is at least this severe. */
  readonly failOn?: FindingView['severity'];
  /** Fail when more records than this were lost. */
  readonly maxLoss?: number;
}

export function verdict(summaries: readonly Summary[], demands: Demands): ExitCode {
  const { failOn, maxLoss } = demands;
  const worst = severities.indexOf(failOn ?? 'fatal');
  const severe = summaries.some((summary) =>
    summary.findings.some((finding) => severities.indexOf(finding.severity) <= worst),
  );
  if (failOn !== undefined && severe) return exitCode.findings;
  const lost = summaries.reduce((sum, { loss }) => sum + loss.gap + loss.tail + loss.malformed, 0);
  return maxLoss !== undefined && lost > maxLoss ? exitCode.lossy : exitCode.clean;
}
