import type { JsonView } from '../json-view.ts';
import { isEvent } from './embedded.ts';
import type { Shape, Unwrapped } from './shape.ts';
import { shipperCluster } from './shipper-cluster.ts';
import { withMembers } from './with-members.ts';

const LEVEL_NAMES = ['k8s_audit_level', 'openshift_audit_level'] as const;
const API_SERVERS: ReadonlySet<string> = new Set(['kubeAPI', 'openshiftAPI']);

/**
 * OpenShift Logging merges the event with members of its own, and writes the severity of a log line over the audit level, which it
 * keeps under another name. It collects other logs as well, and says of each what it is.
 */
export const openshift: Shape = {
  id: 'openshift',
  title: 'OpenShift Logging: the event merged with the members of its data model',
  marks: [...LEVEL_NAMES, 'openshift', 'viaq_msg_id', 'log_type'],
  unwrap(value: JsonView): Unwrapped | undefined {
    const isViaq = value.at('openshift')?.isObject === true || value.at('viaq_msg_id')?.isText === true;
    const levels = LEVEL_NAMES.map((name) => value.at(name)?.text).filter((level) => level !== undefined);
    if (!isViaq && levels.length === 0) return undefined;
    if (!isEvent(value)) return otherLog(value);
    const cluster = shipperCluster(value);
    const [level] = levels;
    if (level === undefined || value.at('level')?.text === level) return { event: true, cluster };
    const bytes = withMembers(value, new Map([['level', JSON.stringify(level)]]));
    return { pieces: [{ bytes, cluster, isPlain: true }] };
  },
};

/** Linux's and OVN's audit logs, logs of pods and nodes: never an event, whatever text they hold. */
function otherLog(value: JsonView): Unwrapped | undefined {
  const type = value.at('log_type')?.text;
  const source = value.at('log_source')?.text;
  if (type === 'application' || type === 'infrastructure') return { passed: 'no audit log' };
  if (type === 'audit' && source !== undefined && !API_SERVERS.has(source)) return { passed: 'another audit log' };
  if (value.at('audit.linux')?.isObject === true) return { passed: 'another audit log' };
  return undefined;
}
