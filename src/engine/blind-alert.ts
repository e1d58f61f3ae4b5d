import { compareSeverity, type Alert } from '../model/index.ts';

/**
 * What becomes of an alert that is known when a log file shows more of it: its next revision, or undefined where the file shows no more
 * than is known. It never becomes milder.
 */
export function filledAlert(known: Alert, found: Alert): Alert | undefined {
  if (found.count <= known.count) return undefined;
  const isMilder = compareSeverity(found.severity, known.severity) < 0;
  return {
    ...(isMilder ? { ...known, evidence: found.evidence } : found),
    revision: known.revision + 1,
    count: found.count,
    firstSeen: Math.min(known.firstSeen, found.firstSeen),
    lastSeen: Math.max(known.lastSeen, found.lastSeen),
  };
}
