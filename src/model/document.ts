import type { Alert, Severity } from './alert.ts';
import { formatTime } from './time.ts';

const SEVERITY_NUMBER: Readonly<Record<Severity, number>> = { info: 10, low: 21, medium: 47, high: 73, critical: 99 };

/** Lapwing's own version, as package.json has it (a test compares them). */
export const VERSION = '0.1.0';

/** The alert as every reader gets it: ECS 9 with the objects `lapwing` and, once an analyst acts, `workflow`. */
export type AlertDocument = Readonly<Record<string, unknown>>;

/**
 * Renders an alert as its document. The same in replay, Elasticsearch, the API and the generic webhook; fields without a value
 * are absent.
 */
export function toDocument(alert: Alert): AlertDocument {
  const { actor, target } = alert;
  const { next, ...rule } = alert.rule;
  const subs = alert.techniques.filter((each) => each.id.includes('.'));
  const parents = alert.techniques.filter((each) => !each.id.includes('.'));
  return {
    '@timestamp': formatTime(alert.lastSeen),
    ecs: { version: '9.1.0' },
    message: alert.reason,
    event: {
      kind: 'alert',
      id: alert.id,
      category: alert.eventCategory,
      type: alert.eventType,
      action: alert.action,
      outcome: alert.outcome,
      severity: SEVERITY_NUMBER[alert.severity],
      reason: alert.reason,
      start: formatTime(alert.firstSeen),
      end: formatTime(alert.lastSeen),
    },
    observer: { vendor: 'Lapwing', product: 'lapwing', version: VERSION },
    related: { user: alert.relatedUsers, ip: alert.relatedIps, hosts: [] },
    rule,
    threat: {
      framework: 'MITRE ATT&CK',
      tactic: { id: alert.tactics.map((each) => each.id), name: alert.tactics.map((each) => each.name) },
      technique: {
        id: parents.map((each) => each.id),
        name: parents.map((each) => each.name),
        ...(subs.length > 0 && {
          subtechnique: { id: subs.map((each) => each.id), name: subs.map((each) => each.name) },
        }),
      },
    },
    ...userOf(alert),
    ...(actor.ip !== undefined && { source: { address: actor.ip, ip: actor.ip } }),
    ...(actor.userAgent !== undefined && { user_agent: { original: actor.userAgent } }),
    ...(alert.code > 0 && { http: { response: { status_code: alert.code } } }),
    ...(alert.commandLine !== undefined && { process: { command_line: alert.commandLine } }),
    orchestrator: {
      type: 'kubernetes',
      ...(alert.cluster !== '' && { cluster: { name: alert.cluster } }),
      ...(target?.namespace !== undefined && { namespace: target.namespace }),
      ...(target?.resource !== undefined && { resource: { ...target.resource } }),
      ...(target?.apiVersion !== undefined && { api_version: target.apiVersion }),
    },
    lapwing: {
      severity: alert.severity,
      fingerprint: alert.id,
      revision: alert.revision,
      count: alert.count,
      actions: alert.actions,
      first_seen: formatTime(alert.firstSeen),
      last_seen: formatTime(alert.lastSeen),
      ...(alert.muted !== undefined && { exception: { id: alert.muted.exception } }),
      actor: { class: actor.class, groups: actor.groups },
      ...(actor.claimedIps.length > 0 && { claimed_ips: actor.claimedIps }),
      detector: {
        key: alert.key,
        ...(alert.window !== undefined && { window: alert.window }),
        observed: alert.observed,
        threshold: alert.threshold,
        ...(alert.baseline !== undefined && {
          baseline: {
            events: alert.baseline.events,
            since: alert.baseline.since === null ? null : formatTime(alert.baseline.since),
            ...(alert.baseline.usual !== undefined && { usual: alert.baseline.usual }),
          },
        }),
        contributions: alert.contributions,
      },
      evidence: {
        total: alert.evidence.total,
        audit_ids: alert.evidence.auditIds,
        sample: alert.evidence.sample.map((each) => ({
          time: formatTime(each.time),
          audit_id: each.auditId,
          stage: each.stage,
          verb: each.verb,
          uri: each.uri,
          code: each.code,
          ...(each.telling && { telling: true }),
        })),
      },
      next_steps: next,
    },
  };
}

function userOf({ actor, targetUser }: Alert): { user?: object } {
  if (actor.user === undefined && actor.effectiveUser === undefined && targetUser === undefined) return {};
  return {
    user: {
      ...(actor.user !== undefined && { name: actor.user }),
      ...(actor.effectiveUser !== undefined && { effective: { name: actor.effectiveUser } }),
      ...(targetUser !== undefined && { target: { name: targetUser } }),
    },
  };
}
