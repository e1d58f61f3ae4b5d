import { z } from 'zod';
import type { AuditEvent, Facts, Grant, Memory, Micros, Scale, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  isComponent,
  lasting,
  listed,
  MINUTE,
  sentence,
  isTool,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('1h').describe('How long after a grant its first uses are told'),
});

const SCALE = { low: 25, medium: 45, high: 75, critical: 110 } satisfies Scale;

/** A way to use strong rights: how it is told, what it weighs, and the rights that open it (besides those that open all). */
interface Use {
  readonly letter: string;
  readonly told: string;
  readonly points: number;
  readonly rights: RegExp;
  readonly resources: readonly string[];
}
const RBAC = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];
const ADMISSION = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
const use = (letter: string, told: string, points: number, rights: RegExp, ...resources: string[]): Use => ({
  letter,
  told,
  points,
  rights,
  resources,
});
const IMPERSONATION = use('i', 'acted as someone else', 35, /impersonate/);
const USES: readonly Use[] = [
  IMPERSONATION,
  use('s', 'read secrets', 15, /secrets/, 'secrets'),
  use('x', 'ran commands in pods', 25, /run commands/, 'pods/exec', 'pods/attach'),
  use('d', 'added debug containers', 25, /debug containers/, 'pods/ephemeralcontainers'),
  use('t', 'minted service account tokens', 30, /mint/, 'serviceaccounts/token'),
  use('r', 'wrote roles', 20, /(write|escalate) roles/, 'roles', 'clusterroles'),
  use('b', 'bound roles', 30, /role bindings|bind roles/, 'rolebindings', 'clusterrolebindings'),
  use('n', 'reached kubelets', 40, /kubelets/, 'nodes/proxy'),
  use('c', 'approved certificates', 30, /certificates/, 'certificatesigningrequests/approval'),
  use('a', 'changed admission control', 30, /admission/, ...ADMISSION),
];
const BY_RESOURCE = new Map(USES.flatMap((each) => each.resources.map((resource) => [resource, each] as const)));
const OPENS_ALL = /^(all verbs on all resources|may write all)/;
const WRITES = ['create', 'update', 'patch'];
/** Grants that are remembered of one subject, and subjects of one grant. */
const [GRANTS, SUBJECTS] = [50, 20];

/** Whoever was just given strong rights uses them. */
export const grantUsed = defineDetector<z.output<typeof params>>({
  id: 'grant-used',
  version: '1',
  name: 'New rights used',
  description: 'An identity used strong rights soon after they were given to it, or that it gave to itself.',
  category: 'rbac',
  eventCategory: ['iam'],
  eventType: ['access'],
  tactics: [
    { id: 'TA0004', name: 'Privilege Escalation' },
    { id: 'TA0006', name: 'Credential Access' },
  ],
  techniques: [
    { id: 'T1098.006', name: 'Additional Container Cluster Roles' },
    { id: 'T1078', name: 'Valid Accounts' },
  ],
  needs:
    'Stage ResponseComplete; level Request or RequestResponse for rbac.authorization.k8s.io, Metadata for the rest. The annotation authorization.k8s.io/reason makes it exact.',
  falsePositives: [
    'Someone who is granted rights by an administrator and needs them at once: stays low.',
    'An operator that starts after its installation: its own pod and client library weigh little.',
  ],
  blindSpots: [
    'Use later than window, and rights that are used for anything but secrets, commands, tokens, RBAC, kubelets, certificates and admission.',
    'Acting as someone else is seen only in requests of these kinds.',
  ],
  next: [
    'Decide whether the grant was meant: ask its giver.',
    'List all that the subject did since the grant, and take every credential it read for stolen.',
    'Take the grant back; look for further grants of the subject.',
  ],
  quiet: HOUR,
  params,
  wants: [
    { resources: RBAC, apiGroups: ['rbac.authorization.k8s.io'], verbs: WRITES, outcome: 'success', final: true },
    { resources: ['secrets'], apiGroups: [''], verbs: ['get', 'list', 'watch'], outcome: 'success' },
    { resources: ['pods/exec', 'pods/attach', 'nodes/proxy'], apiGroups: [''], outcome: 'success' },
    { resources: ['pods/ephemeralcontainers'], verbs: ['update', 'patch'], outcome: 'success', final: true },
    { resources: ['serviceaccounts/token'], verbs: ['create'], outcome: 'success', final: true },
    {
      resources: ['certificatesigningrequests/approval', ...ADMISSION],
      verbs: WRITES,
      outcome: 'success',
      final: true,
    },
  ],
  on(event, memory, facts, { window }) {
    const { key, class: actor, label } = facts.identity(event);
    if (isComponent(actor) && facts.client(event) === 'component') return [];
    const used = useOf(event, memory, facts, window);
    // Nearly all that is read is read by whoever was given nothing lately.
    if ((!used && !RBAC.includes(event.resource)) || facts.fate(event) !== 'done') return [];
    remember(event, memory, facts, window);
    // Sessions are seen as they begin, and once more as they end.
    const request = `${key} ${event.auditId} ${event.verb} ${event.uri}`;
    if (!used || !memory.firstSeen('request', request, window).isNew) return [];
    const { what, given } = used;
    memory.distinct('uses', key, what.told, window, USES.length);
    const uses = memory.members('uses', key, window);
    const isOwn = given.isOwn || given.giver === label;
    const weights = [...weighUse(event, what, given, isOwn, uses.length), ...weighUser(event, facts, isOwn)];
    const { severity, points, contributions } = addUp(weights, SCALE);
    const { evidence } = memory.count('chain', given.subject, window, 20);
    if (points < SCALE.low) return [];
    return [
      {
        key,
        severity,
        action: isOwn ? 'own-grant-used' : 'grant-used',
        evidence,
        reason: ({ count }) =>
          sentence(
            `${clip(label)} ${listed(uses.toSorted(), 5)}`,
            `${lasting(event.time - given.at)} after`,
            isOwn ? 'it gave itself the right' : `${clip(given.giver)} gave it the right`,
            `(${clip(given.object)})`,
            event.peer !== '' && `, from ${clip(event.peer)}`,
            count > 2 && `; ${count} requests so far, the grant among them`,
          ),
        window: formatDuration(window),
        observed: { uses: uses.length },
        contributions,
      },
    ];
  },
});

/** A grant as it is remembered under its subject. */
interface Given {
  readonly subject: string;
  readonly at: Micros;
  /** "clusterrolebinding b", or "ClusterRoleBinding b" as the authorizer names it. */
  readonly object: string;
  readonly giver: string;
  readonly isAdmin: boolean;
  readonly isOwn: boolean;
  /** Given by one who needs no rights to do so. */
  readonly isMandated: boolean;
}

/** Keeps who was given what. A role that nobody is known to hold is kept by its own name: the authorizer tells who used it. */
function remember(event: AuditEvent, memory: Memory, facts: Facts, window: Micros): void {
  const grant = facts.grant(event);
  if (!grant || !['admin', 'strong', 'secrets'].includes(grant.adds.strength)) return;
  const isRole = !event.resource.endsWith('bindings');
  const namespace = event.object?.namespace ?? '';
  const object = isRole ? roleId(namespace, grant.name) : bindingId(namespace, grant.name);
  const flows = grant.aggregatesTo.map((name) => ({ name: roleId('', name), isActor: false }));
  const own = isRole ? [{ name: object, isActor: false }, ...flows] : [];
  const letters = lettersOf(grant);
  if (letters === '') return;
  const isMandated = facts.authority(event) !== undefined;
  for (const { name, isActor } of [...grant.subjects, ...own].slice(0, SUBJECTS)) {
    const flags = `${grant.adds.strength === 'admin' ? 'A' : ''}${isActor ? 'O' : ''}${isMandated ? 'M' : ''}`;
    memory.distinct('given', name, `${event.time} ${flags}- ${letters} ${namespace}`, window, GRANTS);
    const id = `${name} ${event.time}`;
    memory.distinct('giver', id, facts.identity(event).label, window, 1);
    for (const each of [object, ...flows.map((flow) => flow.name)]) memory.distinct('object', id, each, window, 20);
    memory.count('chain', name, window, 20);
  }
}

/** The ways that the new rights open. */
const lettersOf = ({ adds }: Grant): string =>
  USES.filter(({ rights }) => adds.because.some((each) => OPENS_ALL.test(each) || rights.test(each)))
    .map(({ letter }) => letter)
    .join('');

/** What the event uses, and the newest grant that opened it. */
function useOf(
  event: AuditEvent,
  memory: Memory,
  facts: Facts,
  window: Micros,
): { what: Use; given: Given } | undefined {
  const { user, impersonated, resource } = event;
  const by = facts.allowedBy(event);
  const byRole = by ? [roleId(by.role.namespace, by.role.name)] : [];
  const told = by ? [bindingId(by.namespace, by.name), ...byRole] : [];
  const what = BY_RESOURCE.get(resource);
  const worn = impersonated && newest(event, memory, window, IMPERSONATION, facts.subjectsOf(user), []);
  if (worn) return { what: IMPERSONATION, given: worn };
  const given =
    what && newest(event, memory, window, what, [...facts.subjectsOf(impersonated ?? user), ...byRole], told);
  return given && { what, given };
}

function newest(
  event: AuditEvent,
  memory: Memory,
  window: Micros,
  { letter }: Use,
  subjects: readonly string[],
  told: readonly string[],
): Given | undefined {
  let found: Given | undefined;
  for (const subject of subjects) {
    if (memory.size('given', subject, window) === 0) continue;
    for (const value of memory.members('given', subject, window)) {
      const [time, flags = '', letters = '', scope = ''] = value.split(' ');
      const at = Number(time);
      if (at >= event.time || !letters.includes(letter) || (scope !== '' && scope !== event.object?.namespace))
        continue;
      const objects = memory.members('object', `${subject} ${time}`, window);
      // Where the authorizer names what let the request in, nothing else did.
      const object = told.length === 0 ? objects[0] : objects.find((each) => told.includes(each));
      if (object === undefined || at < (found?.at ?? 0)) continue;
      const [giver = ''] = memory.members('giver', `${subject} ${time}`, window);
      const [isAdmin, isOwn, isMandated] = ['A', 'O', 'M'].map((flag) => flags.includes(flag)) as [
        boolean,
        boolean,
        boolean,
      ];
      found = { subject, at, object, giver, isAdmin, isOwn, isMandated };
    }
  }
  return found;
}

/** As the authorizer names them. */
const bindingId = (namespace: string, name: string): string =>
  namespace === '' ? `ClusterRoleBinding ${name}` : `RoleBinding ${name}/${namespace}`;
const roleId = (namespace: string, name: string): string =>
  namespace === '' ? `ClusterRole ${name}` : `Role ${namespace}/${name}`;

function weighUse(
  event: AuditEvent,
  { told, points, letter }: Use,
  given: Given,
  isOwn: boolean,
  uses: number,
): readonly Weight[] {
  const isWide = letter === 's' && event.verb !== 'get';
  const soon = event.time - given.at <= 5 * MINUTE;
  return [
    [told, points],
    ['all of them at once', isWide ? (event.object?.namespace === '' ? 20 : 5) : 0],
    ['the new rights are as good as all', given.isAdmin ? 10 : 0],
    ['within five minutes', soon ? 10 : 0],
    [`${uses} different uses`, given.isMandated && !isOwn ? 0 : Math.min(45, 15 * (uses - 1))],
    ['given by an administrator', given.isMandated && !isOwn ? -30 : 0],
  ];
}

function weighUser(event: AuditEvent, facts: Facts, isOwn: boolean): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const isAccount = actor === 'serviceaccount';
  const byHand = isTool(facts.client(event));
  return [
    ['it gave them to itself', isOwn ? 30 : 0],
    ["a service account's credential used by hand", isAccount && byHand ? 30 : 0],
    [
      'a pod with its own credential and client library',
      isAccount && !byHand && !isOwn && facts.isPodBound(event.user) ? -40 : 0,
    ],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
    ['never did this before', facts.habit(event, 'deed') === 'unusual' ? 10 : 0],
    ['new to the cluster', facts.history(event).isNewcomer ? 10 : 0],
  ];
}
