import { z } from 'zod';
import type { AuditEvent, Facts, Fate, Grant, Memory, Micros, Scale, Weight } from '../src/model/index.ts';
import {
  addUp,
  clip,
  defineDetector,
  duration,
  formatDuration,
  HOUR,
  isComponent,
  lasting,
  sentence,
  isTool,
} from '../src/model/index.ts';

const params = z.object({
  window: duration('1h').describe('How soon after a telling grant its removal is told'),
});

const SCALE = { low: 20, medium: 40, high: 70 } satisfies Scale;
/** How it is told, and how much of the points is left. */
const FATES: Readonly<Record<Fate, readonly [did: string, part: number]>> = {
  done: ['deleted', 1],
  'dry run': ['tried in a dry run to delete', 0.5],
  refused: ['was refused when it tried to delete', 0.5],
  escalation: ['was refused when it tried to delete', 0.5],
  admission: ['was refused by admission when it tried to delete', 0.5],
  failed: ['', 0],
};

/** Someone takes away what the cluster's rights are built on, or takes a strong grant back soon after it was made. */
export const rightsRemoved = defineDetector<z.output<typeof params>>({
  id: 'rights-removed',
  version: '1',
  name: 'Rights removed',
  description:
    'A built-in role or binding, or all of a kind, was deleted; or a strong grant was taken back soon after it was made.',
  category: 'rbac',
  eventCategory: ['iam'],
  eventType: ['admin', 'deletion'],
  tactics: [
    { id: 'TA0005', name: 'Defense Evasion' },
    { id: 'TA0040', name: 'Impact' },
  ],
  techniques: [
    { id: 'T1070', name: 'Indicator Removal' },
    { id: 'T1531', name: 'Account Access Removal' },
  ],
  needs:
    'Stage ResponseComplete, level Metadata for deletions; grants are told from level Request on (see rbac-escalation).',
  falsePositives: [
    'An administrator who takes a temporary grant back, or who responds to an incident: low.',
    'Tests that install and remove a chart: its own pod and client library weigh little.',
  ],
  blindSpots: ['A grant that lives longer than window, and one that was made while Lapwing did not look.'],
  next: [
    'See what the subject did between the grant and its end.',
    'Restore what the cluster is built on: the API server makes its own roles and bindings again when it starts.',
    'Look at what else the actor did.',
  ],
  quiet: HOUR,
  params,
  wants: [
    {
      resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
      apiGroups: ['rbac.authorization.k8s.io', 'authorization.openshift.io'],
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
      final: true,
    },
  ],
  on(event, memory, facts, { window }) {
    const { key, class: actor, label } = facts.identity(event);
    // The namespace controller clears what is in a namespace, the garbage collector what has lost its owner.
    if (isComponent(actor) && facts.client(event) === 'component') return [];
    const grant = facts.grant(event);
    const fate = facts.fate(event);
    const kind = event.resource.slice(0, -1);
    const object = `${kind} ${[event.object?.namespace, grant?.name || event.object?.name].filter(Boolean).join('/')}`;
    if (!event.verb.startsWith('delete')) {
      if (fate === 'done' && isTelling(grant)) remember(memory, object, label, window);
      return [];
    }
    const [giver] = fate === 'done' ? memory.members('made', object, window) : [];
    const [did, part] = FATES[fate];
    const weights = [...weighRemoval(event, grant, giver !== undefined), ...weighActor(event, facts)];
    const { points: sum } = addUp(weights);
    // Told whoever does it: it covers tracks, or it ends an alert.
    const least = giver === undefined ? 0 : SCALE.low;
    const left = Math.floor(part * Math.max(least, sum));
    const { points, severity, contributions } = addUp([...weights, [fate, left - sum]], SCALE);
    if (points < SCALE.low) return [];
    const action = giver !== undefined ? 'grant-removed' : grant ? 'built-in-removed' : 'all-removed';
    const lived = giver && lasting(event.time - memory.firstSeen('since', object, window).since);
    return [
      {
        key: `${key} ${action}`,
        severity,
        action,
        reason: ({ count }) =>
          sentence(
            `${clip(label)} ${did} ${grant ? clip(object) : `all ${kind}s${event.object?.namespace ? ` in ${clip(event.object.namespace)}` : ''}`}`,
            giver !== undefined && `, which ${giver === label ? 'it' : clip(giver)} had made ${lived} before`,
            !!grant?.label && `, and which gave ${grant.label}`,
            !!grant?.isBuiltIn && ', one of those that the cluster is built on',
            event.peer !== '' && `, from ${clip(event.peer)}`,
            count > 1 && `; ${count} such requests so far`,
          ),
        window: formatDuration(window),
        contributions,
        ...(grant?.subjects[0] && { targetUser: grant.subjects[0].user }),
      },
    ];
  },
});

const isTelling = (grant: Grant | undefined): boolean =>
  ['admin', 'strong', 'secrets'].includes(grant?.adds.strength ?? '') ||
  grant?.subjects.some(({ isEveryone }) => isEveryone) === true;

/** Of several who wrote it, the first is told. */
function remember(memory: Memory, object: string, label: string, window: Micros): void {
  if (memory.size('made', object, window) > 0) return;
  memory.distinct('made', object, label, window, 1);
  memory.firstSeen('since', object, window);
}

function weighRemoval({ object, uri }: AuditEvent, grant: Grant | undefined, isSoon: boolean): readonly Weight[] {
  const isAll = object?.namespace === '' && !uri.includes('Selector');
  return [
    ['one of those that the cluster is built on', grant?.isBuiltIn ? 60 : 0],
    ['a whole collection', grant ? 0 : isAll ? 60 : 25],
    ['made and removed soon', isSoon ? 20 : 0],
  ];
}

function weighActor(event: AuditEvent, facts: Facts): readonly Weight[] {
  const { class: actor } = facts.identity(event);
  const byHand = isTool(facts.client(event));
  const authority = facts.authority(event);
  return [
    ['a machine credential used by hand', actor === 'serviceaccount' && byHand ? 10 : 0],
    ['a pod with its own credential and client library', !byHand && facts.isPodBound(event.user) ? -15 : 0],
    ['a component credential in another client', isComponent(actor) ? 20 : 0],
    ['nobody logged in', actor === 'anonymous' ? 60 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 10],
    ['the credential of system:masters', authority === 'masters' ? -25 : 0],
    ['an administrator of the cluster', authority === 'cluster-admin' ? -20 : 0],
    ['never did this before', facts.habit(event, 'deed') === 'unusual' ? 10 : 0],
  ];
}
