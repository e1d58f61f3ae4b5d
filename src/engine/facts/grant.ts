import { clip } from '../../model/index.ts';
import type { AuditEvent, Grant, RoleRef, RoleStrength, Subject } from '../../model/index.ts';
import { strengthOf } from './rules.ts';
import { type JsonRecord, at, recordOf, textOf } from './shape.ts';
import { subjectsOf } from './subjects.ts';

const EVERYONE =
  /^(User:system:anonymous|Group:system:(authenticated|unauthenticated|masters|serviceaccounts(:[^]*)?))$/;
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

type RoleOf = (ref: RoleRef) => RoleStrength | undefined;

/** What the write of a role or binding gives, whatever became of it; undefined where nothing of the object is to be seen. */
export function grantOf(event: AuditEvent, roleOf: RoleOf): Grant | undefined {
  if (!/^(cluster)?role(binding)?s$/.test(event.resource)) return undefined;
  const made = event.outcome === 'success' ? recordOf(event.responseObject) : undefined;
  // A response may be a Status or a table.
  const isObject = made !== undefined && made['kind'] !== 'Status' && (made['rules'] ?? made['roleRef']) !== undefined;
  const body = isObject ? made : event.requestObject;
  const object = Array.isArray(body) ? pieced(body) : recordOf(body);
  if (object === undefined) return undefined;
  return event.resource.endsWith('bindings')
    ? bindingGrant(event, object, roleOf)
    : roleGrant(object, Array.isArray(body) && object['isPiece'] === true);
}

function roleGrant(object: JsonRecord, isPiece: boolean): Grant {
  const labels = recordOf(at(object, 'metadata', 'labels')) ?? {};
  const into = Object.keys(labels).filter((name) => name.startsWith(AGGREGATE) && labels[name] === 'true');
  return {
    label: '',
    allows: strengthOf(object['rules'] ?? []),
    subjects: [],
    aggregatesTo: into.map((name) => name.slice(AGGREGATE.length)),
    isPiece,
  };
}

function bindingGrant(event: AuditEvent, object: JsonRecord, roleOf: RoleOf): Grant {
  const namespace = event.object?.namespace ?? '';
  const role = refOf(object['roleRef'], namespace);
  const all = subjectsOf(object['subjects'], namespace).map((name) => subjectOf(name, event));
  const subjects = [
    ...all.filter(({ isEveryone }) => isEveryone),
    ...all.filter(({ isEveryone, isActor }) => isActor && !isEveryone),
    ...all.filter(({ isEveryone, isActor }) => !isActor && !isEveryone).reverse(),
  ];
  const label =
    `${role === undefined ? 'its role' : `${role.kind} ${clip(role.name)}`} to ` +
    `${clip(subjects[0]?.name.replace(':', ' ') ?? 'nobody')}` +
    `${subjects.length > 1 ? ` and ${subjects.length - 1} more` : ''} ` +
    (namespace === '' ? 'cluster-wide' : `in ${clip(namespace)}`);
  return { label, allows: role && roleOf(role), subjects, aggregatesTo: [], isPiece: false };
}

/** What a JSON patch puts in, as far as its values tell by themselves what they are. */
function pieced(operations: readonly unknown[]): JsonRecord {
  const values = operations.flatMap((operation) => at(operation, 'value'));
  const records = values.map(recordOf).filter((record) => record !== undefined);
  return {
    rules: records.filter((record) => 'verbs' in record),
    subjects: records.filter((record) => 'kind' in record),
    isPiece: records.length < values.length,
  };
}

function refOf(value: unknown, namespace: string): RoleRef | undefined {
  const name = textOf(at(value, 'name'));
  if (name === '') return undefined;
  return at(value, 'kind') === 'Role'
    ? { kind: 'Role', namespace, name }
    : { kind: 'ClusterRole', namespace: '', name };
}

function subjectOf(name: string, { user, impersonated }: AuditEvent): Subject {
  const [kind, plain] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
  const acts = kind === 'ServiceAccount' ? `system:serviceaccount:${plain}` : plain;
  const isEveryone = EVERYONE.test(name);
  const isActor =
    kind === 'Group' ? !isEveryone && user.groups.includes(acts) : user.name === acts || impersonated?.name === acts;
  return { name, user: acts, isEveryone, isActor };
}
