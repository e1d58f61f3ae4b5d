import {
  compareSeverity,
  listed,
  type Alert,
  type AuditEvent,
  type DetectorMeta,
  type Evidence,
  type Facts,
  type Finding,
  type Micros,
} from '../model/index.ts';
import { firstActor, joinActor } from './actor.ts';
import { cut } from './decode/raw-text.ts';

const SAMPLE_HEAD = 4;
const SAMPLE_TELLING = 3;
const SAMPLE_TAIL = 4;
/** Actions that one alert tells apart. */
const ACTIONS = 16;
/** Longest name of the subject of a grant, in characters. */
const TARGET_USER = 1_024;

/** An alert before its first finding has joined it: revision 0, without a reason. */
export function newAlert(
  detector: DetectorMeta,
  key: string,
  id: string,
  anchor: Micros,
  event: AuditEvent,
  facts: Facts,
  finding: Finding,
): Alert {
  return {
    id,
    revision: 0,
    cluster: event.cluster,
    key,
    severity: finding.severity,
    reason: '',
    rule: {
      id: detector.id,
      name: detector.name,
      version: detector.version,
      description: detector.description,
      category: detector.category,
      reference: `docs/detections.md#${detector.id}`,
      next: detector.next,
    },
    tactics: detector.tactics,
    techniques: detector.techniques,
    action: detector.id,
    actions: [],
    eventCategory: detector.eventCategory,
    eventType: detector.eventType,
    outcome: event.outcome,
    code: event.code,
    count: 0,
    firstSeen: anchor,
    lastSeen: anchor,
    actor: firstActor(event, facts),
    relatedUsers: [],
    relatedIps: [],
    observed: {},
    threshold: {},
    contributions: [],
    evidence: { total: 0, auditIds: [], sample: [] },
  };
}

/** The alert's next revision, with a finding and its new evidence in it. A milder finding changes numbers, not words. */
export function joinAlert(
  alert: Alert,
  event: AuditEvent,
  facts: Facts,
  finding: Finding,
  fresh: readonly Evidence[],
  isNew: boolean,
): Alert {
  const life = {
    count: alert.count + fresh.length,
    firstSeen: Math.min(alert.firstSeen, ...fresh.map((each) => each.time)),
    lastSeen: Math.max(alert.lastSeen, event.time),
  };
  const leads = isNew || compareSeverity(finding.severity, alert.severity) >= 0;
  const isGraver = !isNew && compareSeverity(finding.severity, alert.severity) > 0;
  const next = {
    ...alert,
    ...life,
    ...(leads && told(alert, event, finding)),
    actions: withAction(alert, finding.action ?? alert.action),
  };
  // The gravest finding's own words, before what else there was.
  const words = leads ? finding.reason(life) : alert.reason.slice(0, alert.reason.length - also(alert).length);
  return {
    ...next,
    revision: alert.revision + 1,
    reason: words + also(next),
    ...joinActor(alert, event, facts, compareSeverity(finding.severity, alert.severity) > 0),
    ...targetOf(alert, event, finding, isNew),
    evidence: joinEvidence(alert, fresh, isGraver),
  };
}

function withAction({ actions }: Alert, action: string): readonly string[] {
  return actions.length >= ACTIONS || actions.includes(action) ? actions : [...actions, action];
}

/** The kinds of deed that came after the gravest one, and that its words therefore leave out. */
function also({ action, actions }: Pick<Alert, 'action' | 'actions'>): string {
  const later = actions.slice(actions.indexOf(action) + 1);
  return later.length === 0 ? '' : ` Also: ${listed(later)}.`;
}

/** What a finding at least as grave as the alert says in its place. */
function told(alert: Alert, event: AuditEvent, finding: Finding): Partial<Alert> {
  return {
    severity: finding.severity,
    outcome: event.outcome,
    code: event.code,
    action: finding.action ?? alert.action,
    ...(event.denial !== undefined && { denial: event.denial }),
    ...(finding.tactics !== undefined && { tactics: finding.tactics }),
    ...(finding.techniques !== undefined && { techniques: finding.techniques }),
    ...(finding.window !== undefined && { window: finding.window }),
    ...(finding.observed !== undefined && { observed: finding.observed }),
    ...(finding.threshold !== undefined && { threshold: finding.threshold }),
    ...(finding.baseline !== undefined && { baseline: finding.baseline }),
    ...(finding.contributions !== undefined && { contributions: finding.contributions }),
    ...(finding.targetUser !== undefined && { targetUser: cut(finding.targetUser, TARGET_USER) }),
    ...(finding.commandLine !== undefined && { commandLine: finding.commandLine }),
  };
}

/** The object of the first finding; what later findings do not share with it is left out. */
function targetOf(
  alert: Alert,
  event: AuditEvent,
  finding: Finding,
  isNew: boolean,
): { target?: Alert['target'] & object } {
  const object = event.object;
  const target =
    finding.target === null
      ? {}
      : (finding.target ?? {
          ...(object?.namespace && { namespace: object.namespace }),
          ...(object?.resource && {
            resource: { type: event.resource, ...(object.name && { name: object.name }) },
          }),
          ...(object?.apiVersion && {
            apiVersion: object.apiGroup === '' ? object.apiVersion : `${object.apiGroup}/${object.apiVersion}`,
          }),
        });
  if (isNew) return { target };
  const before = alert.target ?? {};
  const sameType = before.resource?.type === target.resource?.type ? target.resource?.type : undefined;
  const sameName = before.resource?.name === target.resource?.name ? target.resource?.name : undefined;
  return {
    target: {
      ...(before.namespace !== undefined && before.namespace === target.namespace && { namespace: before.namespace }),
      ...(sameType !== undefined && {
        resource: { type: sameType, ...(sameName !== undefined && { name: sameName }) },
      }),
      ...(before.apiVersion !== undefined &&
        before.apiVersion === target.apiVersion && { apiVersion: before.apiVersion }),
    },
  };
}

/**
 * Total and sample: the first, the last, and between them the latest that made the alert graver (the last of the fresh ones is the
 * present event). The Audit-IDs are the book's to keep.
 */
function joinEvidence({ evidence }: Alert, fresh: readonly Evidence[], isGraver: boolean): Alert['evidence'] {
  if (fresh.length === 0) return evidence;
  const marked = fresh.map((each, index) =>
    isGraver && index === fresh.length - 1 ? { ...each, telling: true as const } : each,
  );
  const sample = [...evidence.sample, ...marked];
  const middle = sample.slice(SAMPLE_HEAD, -SAMPLE_TAIL).filter(({ telling }) => telling);
  const isLong = sample.length > SAMPLE_HEAD + SAMPLE_TELLING + SAMPLE_TAIL;
  return {
    total: evidence.total + fresh.length,
    auditIds: [],
    sample: isLong
      ? [...sample.slice(0, SAMPLE_HEAD), ...middle.slice(-SAMPLE_TELLING), ...sample.slice(-SAMPLE_TAIL)]
      : sample,
  };
}
