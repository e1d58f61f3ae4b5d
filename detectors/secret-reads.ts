import { z } from 'zod';
import type { AuditEvent, Facts, Finding, Memory, Scale, Weight } from '../src/model/index.ts';
import { addUp, clip, counted, DAY, defineDetector, duration, formatDuration, HOUR } from '../src/model/index.ts';
import { areaOf, baselineOf, isByHand, isComponent, lasting, listed, MINUTE, programOf } from '../src/model/index.ts';
import { sentence } from '../src/model/index.ts';

const params = z.object({
  window: duration('10m').describe('The span in which reads of one actor are added up'),
  secrets: z.int().min(0).max(100).default(2).describe('Different secrets that one may read in it without remark'),
});
type Params = z.output<typeof params>;
const SCALE = { low: 20, medium: 50, high: 80, critical: 130 } satisfies Scale;
/** Breadth below this is nobody's business, unless the reader is so much unlike itself. */
const COUNTS = 15;
const UNLIKE_ITSELF = 35;
const MOST = 100;
const LONG = 30 * DAY;
const WRITES = new Set(['create', 'update', 'patch', 'delete']);

/** An identity reads more or wider than a reader of its kind does, or in a way that is not its own. */
export const secretReads = defineDetector<Params>({
  id: 'secret-reads',
  version: '2',
  name: 'Secrets read out of the ordinary',
  description: 'An identity reads more, other or wider secrets than it does or should.',
  category: 'secrets',
  eventCategory: ['iam'],
  eventType: ['access'],
  tactics: [{ id: 'TA0006', name: 'Credential Access' }],
  techniques: [
    { id: 'T1552', name: 'Unsecured Credentials' },
    { id: 'T1552.007', name: 'Container API' },
  ],
  needs: 'Level Metadata for secrets; stage ResponseComplete, and ResponseStarted to see a watch when it begins.',
  falsePositives: [
    'Operators that live on secrets: a client library that lists and watches; below medium.',
    'A pipeline that reads the secrets of many namespaces with kubectl: told once, and low from then on while nothing changes.',
    'An administrator who lists every secret with kubectl or k9s: low.',
    "An operator's first list of all secrets after days without: medium, once.",
    'A deployment that reads each secret before it writes it: what is written in the window does not count as read.',
  ],
  blindSpots: [
    'Secrets that a pod reads from its mounts or environment, and what kubelets read for them.',
    'A stolen credential that is used as its owner uses it: the same program, network, way and secrets.',
    "Helm's release records, which may hold what a chart was given. Slow reading and many identities have detectors of their own.",
  ],
  next: [
    'Find out where the credential is used from: its own pod, or somewhere else?',
    'List the secrets that were read, and replace them, the cluster-wide ones first.',
    'Look at what these secrets open was used afterwards.',
  ],
  quiet: 30 * MINUTE,
  params,
  wants: [
    { resources: ['secrets'], apiGroups: [''], verbs: ['get', 'list', 'deletecollection', ...WRITES], final: true },
    { resources: ['secrets'], apiGroups: [''], verbs: ['watch'] },
  ],
  on(event, memory, facts, settings) {
    const { key, class: actor } = facts.identity(event);
    // A component's own client may read what it likes where it lives; its credential in another client may not.
    const isOwn = isComponent(actor) && facts.client(event) === 'component';
    if (isOwn && facts.habit(event, 'network') !== 'unusual') return [];
    if (WRITES.has(event.verb)) {
      if (facts.fate(event) === 'done') forgive(event, memory, key, settings);
      return [];
    }
    const deed = deedOf(event);
    return deed !== undefined && begins(event, memory) ? judge(deed, event, memory, facts, settings) : [];
  },
});

/**
 * What one request reads or asks for in vain: "read web/db", "list web", "wide", "some web app=x", "refused get web/db", "missing web/db".
 * Undefined for a request that failed otherwise, and for Helm's own records.
 */
function deedOf({ verb, code, outcome, denial, object, uri }: AuditEvent): string | undefined {
  const { namespace = '', name = '' } = object ?? {};
  const [labels, isHelm] = name === '' ? selectorOf(uri) : ['', name.startsWith('sh.helm.release.v1.')];
  if (isHelm) return undefined;
  if (denial === 'authorization') return `refused ${verb} ${namespace}/${name}`;
  if (code === 404 && name !== '') return `missing ${namespace}/${name}`;
  if (outcome !== 'success') return undefined;
  if (name !== '') return `read ${namespace}/${name}`;
  if (labels !== '') return `some ${namespace} ${labels}`;
  return namespace === '' ? 'wide ' : `list ${namespace}`;
}

/**
 * A label selector that surely leaves something out: labels that must be there or have a value. "not", "in" and whatever reads otherwise
 * may cover everything. Of a parameter that is repeated the first holds, as it does for the API server.
 */
function selectorOf(uri: string): readonly [labels: string, isHelm: boolean] {
  const from = uri.indexOf('?');
  // Only an escape can hide a selector.
  if (from < 0 || (!uri.includes('elector', from) && !uri.includes('%', from))) return ['', false];
  const query = new URLSearchParams(uri.slice(from + 1));
  const labels = query.get('labelSelector') ?? '';
  const isNarrow = /^[\w./-]+(?:==?[\w.-]+)?(?:,[\w./-]+(?:==?[\w.-]+)?)*$/.test(labels);
  const isHelm = isNarrow && labels.split(',').includes('owner=helm');
  return [isNarrow ? labels.slice(0, 200) : '', isHelm || query.get('fieldSelector') === 'type=helm.sh/release.v1'];
}

/** A watch is told twice, when it begins and when it ends: the first of the two counts. */
const begins = ({ verb, stage, auditId, uri }: AuditEvent, memory: Memory): boolean =>
  verb !== 'watch' || memory.distinct('watch', `${auditId} ${uri}`, stage, HOUR, 2) === 1;

/** Nobody steals what it writes itself, or looks in vain for what it removed. */
function forgive({ verb, object }: AuditEvent, memory: Memory, key: string, { window }: Params): void {
  const secret = `${object?.namespace ?? ''}/${object?.name ?? ''}`;
  memory.distinct('own', key, `missing ${secret}`, window, 2 * MOST);
  if (verb !== 'delete') memory.distinct('own', key, `read ${secret}`, window, 2 * MOST);
}

/** How unlike itself the actor is, once it is known well enough to tell. */
function weighStrangeness(deed: string, event: AuditEvent, memory: Memory, facts: Facts, isMany: boolean): Weight[] {
  const { key, class: actor } = facts.identity(event);
  const way = deed.startsWith('read ') ? 'one by one' : 'by list or watch';
  const isNewWay = event.outcome === 'success' && event.time - memory.firstSeen(way, key, LONG).since < DAY / 2;
  // People travel and try tools; and who comes from everywhere is at home nowhere.
  const points = actor === 'human' ? 10 : 20;
  const isRoamer = memory.distinct('networks', key, areaOf(event.peer), LONG, 8) > 3;
  const network = !isRoamer && facts.habit(event, 'network') === 'unusual' ? points : 0;
  const agent = facts.habit(event, 'agent') === 'unusual' ? points : 0;
  // Who watches secrets may well fetch one for once.
  const isWay = isNewWay && (isMany || way !== 'one by one' || network + agent > 0);
  const issued = facts.issued(event);
  return [
    [`it had not read secrets ${way} before`, isWay && facts.habit(event, 'deed') === 'unusual' ? 15 : 0],
    ['from an unusual network', network],
    ['with an unusual client', agent],
    ['new to the cluster', facts.history(event).isNewcomer ? 10 : 0],
    [`a credential that ${clip(issued?.label ?? '')} had asked for`, issued && issued.by !== key ? 15 : 0],
  ];
}

function judge(deed: string, event: AuditEvent, memory: Memory, facts: Facts, params: Params): readonly Finding[] {
  const { window, secrets } = params;
  const { key, class: actor, label } = facts.identity(event);
  // Lens calls itself a browser, and who hides its name is no operator.
  const client = /^mozilla/i.test(event.userAgent) ? 'tool' : event.userAgent === '' ? 'bare' : facts.client(event);
  const add = (set: string, value: string) => memory.adds(set, key, value, window, MOST);
  const news = [
    add('deeds', deed),
    add('programs', programOf(event.userAgent)),
    add('sources', event.peer.slice(0, 45)),
  ];
  if (isByHand(client)) news.push(add('by hand', client === 'tool' ? 'tool' : 'script'));
  // Most reads end here: the same again, of somebody of whom there was nothing to say.
  if (!news.includes(true) && memory.size('told of', key, window) === 0) return [];
  const reads = memory.count('reads', key, window, 20);
  const of = (set: string) => memory.members(set, key, window);
  const own = new Set(of('own'));
  const deeds = own.size === 0 ? of('deeds') : of('deeds').filter((each) => !own.has(each));
  const seen = survey(deeds);
  const breadth = weighBreadth(seen, secrets);
  const reach = sum(breadth);
  const strange = weighStrangeness(deed, event, memory, facts, deeds.length > 6);
  if (reach < COUNTS && actor !== 'anonymous' && pointsOf(strange) < UNLIKE_ITSELF) return [];
  const reader = weighReader(event, facts, { ...seen, reach, hands: of('by hand') }, strange);
  if (reach + pointsOf(reader) < SCALE.low) return [];
  memory.distinct('told of', key, '', window, 1);
  const spread = wordsOf(seen).map((words, index): Weight => [words, breadth[index]!]);
  const { severity, contributions } = addUp([...spread, ...reader], SCALE);
  const sources = of('sources').filter((source) => source !== '');
  const places = [...of('programs').map((each) => `with ${each}`), ...sources.map((each) => `from ${areaOf(each)}`)];
  const left = ['medium', 'high'].includes(severity) ? tell(key, deeds, places, memory) : deeds;
  // Of what is high nothing at all may be new.
  const mayBeOld = left !== deeds && (left.length === 0 || severity === 'medium');
  const isOld = mayBeOld && sum(weighBreadth(survey(left), secrets)) + pointsOf(reader) < SCALE.medium;
  const baseline = baselineOf(event, facts);
  const odd = strange.filter(([, weight]) => weight > 0).map(([what]) => what);
  return [
    {
      key,
      severity: isOld || seen.total === 0 ? 'low' : severity,
      action: event.denial ? 'secret-read-refused' : event.object?.name ? 'secret-read' : `secret-${event.verb}`,
      reason: ({ firstSeen, lastSeen }) =>
        sentence(
          `${clip(label)} ${did(seen)} within ${lasting(lastSeen - firstSeen)}`,
          sources.length > 0 && `from ${listed(sources)}`,
          `, last with ${clip(event.userAgent || 'an unnamed client')}`,
          odd.length > 0 &&
            `; out of the ordinary: ${listed(odd, 5)}${baseline.usual ? ` (usual for it: ${baseline.usual})` : ''}`,
          isOld && '; the same was told before',
        ),
      evidence: reads.evidence,
      window: formatDuration(window),
      observed: { ...seen.counts, namespaces: seen.namespaces.length },
      threshold: { secrets },
      baseline,
      contributions,
    },
  ];
}

/** What is left to tell: nothing again that was told over an hour ago, while places and programs are the same. */
function tell(key: string, deeds: readonly string[], places: readonly string[], memory: Memory): readonly string[] {
  const told = new Set(memory.members('told', key, LONG));
  const news = new Set(memory.members('news', key, HOUR));
  const isNew = (each: string) => !told.has(each) || news.has(each);
  for (const each of [...deeds, ...places]) {
    if (told.has(each)) continue;
    memory.distinct('told', key, each, LONG, 1_024);
    memory.distinct('news', key, each, HOUR, 1_024);
  }
  return places.some(isNew) ? deeds : deeds.filter(isNew);
}

type Survey = ReturnType<typeof survey>;
function survey(deeds: readonly string[]) {
  const counts = { secrets: 0, lists: 0, cluster_wide: 0, by_label: 0, refused: 0, missing: 0 };
  const namespaces = new Set<string>();
  let tokens = 0;
  for (const deed of deeds) {
    if (deed.startsWith('read ')) {
      counts.secrets += 1;
      namespaces.add(deed.slice('read '.length, deed.indexOf('/')));
      if (deed.includes('-token-')) tokens += 1;
    } else if (deed.startsWith('list ')) {
      counts.lists += 1;
      namespaces.add(deed.slice('list '.length));
    } else if (deed.startsWith('wide ')) counts.cluster_wide += 1;
    else if (deed.startsWith('some ')) counts.by_label += 1;
    else if (deed.startsWith('refused ')) counts.refused += 1;
    else counts.missing += 1;
  }
  return { tokens, namespaces: [...namespaces], total: deeds.length - counts.refused - counts.missing, counts };
}

/** How far the actor reached, in points; `wordsOf` has their words. Who has it all gains little by what it reads besides. */
function weighBreadth({ namespaces, tokens, counts }: Survey, free: number): readonly number[] {
  const { secrets, lists, cluster_wide: wide, by_label: some, refused, missing } = counts;
  const singly = Math.min(40, 3 * Math.max(0, secrets - free));
  const spaces = Math.min(25, 5 * Math.max(0, namespaces.length - 1));
  const listing = Math.min(24, 8 * lists);
  const everything = wide === 0 ? 0 : 35;
  const rest = [Math.min(30, 6 * some), Math.min(24, 3 * refused), Math.min(20, 2 * Math.max(0, missing - 2))];
  const named = Math.min(20, 10 * tokens);
  return singly + spaces + listing >= everything
    ? [singly, spaces, named, listing, Math.min(10, everything), ...rest]
    : [Math.min(10, singly), 0, named, 0, everything, ...rest];
}

const wordsOf = ({ namespaces, tokens, counts }: Survey): readonly string[] => [
  counted(counts.secrets, 'different secret', MOST),
  counted(namespaces.length, 'namespace'),
  `${counted(tokens, 'secret')} named as tokens`,
  `${counted(counts.lists, 'namespace')} listed`,
  'every secret of the cluster listed or watched',
  `${counted(counts.by_label, 'list')} by label`,
  counted(counts.refused, 'refused attempt'),
  `${counted(counts.missing, 'secret')} asked for in vain`,
];

const sum = (points: readonly number[]): number => points.reduce((all, each) => all + each, 0);
const pointsOf = (weights: readonly Weight[]): number => sum(weights.map(([, each]) => each));
type Seen = Survey & { readonly hands: readonly string[]; readonly reach: number };

function weighReader(event: AuditEvent, facts: Facts, seen: Seen, strange: readonly Weight[]): Weight[] {
  const { class: actor } = facts.identity(event);
  const { namespaces, hands, reach } = seen;
  const isPerson = actor === 'human';
  const isAccount = actor === 'serviceaccount';
  const byHand = hands.length > 0;
  const byScript = hands.includes('script');
  const isOperator = isAccount && !byHand && pointsOf(strange.slice(0, 3)) === 0;
  const isAtWork = isOperator && facts.isPodBound(event.user);
  const isSystem = namespaces.some(facts.isSystem) && !event.user.name.startsWith('system:serviceaccount:kube-');
  return [
    ['secrets of a system namespace', isSystem && !isAtWork && facts.authority(event) === undefined ? 15 : 0],
    ['a component credential in another client or place', isComponent(actor) ? 40 : 0],
    ['a machine credential used by hand', !isPerson && actor !== 'anonymous' && byHand ? 15 : 0],
    ['by a script', byScript ? (isPerson ? 15 : 10) : 0],
    ['by a tool and by a script', hands.length > 1 ? 15 : 0],
    ['a token that is bound to no pod', isAccount && !facts.isPodBound(event.user) ? 10 : 0],
    ['acting as someone else', event.impersonated === undefined ? 0 : 25],
    ...strange,
    // In its own pod it may read all there is, in whatever order.
    ['one client library, as operators use', isAtWork ? -Math.max(35, reach - 40) : isOperator ? -35 : 0],
    ["a person's tool", isPerson && !byScript && event.impersonated === undefined ? -10 : 0],
    ['nobody logged in', actor === 'anonymous' ? 80 : 0],
  ];
}

const did = ({
  namespaces,
  counts: { secrets, lists, cluster_wide: wide, by_label: some, refused, missing },
}: Survey) =>
  listed(
    [
      wide > 0 && 'listed or watched every secret in the cluster',
      lists > 0 && `listed the secrets of ${counted(lists, 'namespace')}`,
      some > 0 && `listed secrets by ${counted(some, 'label')}`,
      secrets > 0 && `read ${counted(secrets, 'secret', MOST)} in ${counted(namespaces.length, 'namespace')}`,
      refused > 0 && `was refused ${counted(refused, 'different read')} of secrets`,
      missing > 0 && `asked in vain for ${counted(missing, 'secret')}`,
    ].filter((part) => part !== false),
    6,
  );
