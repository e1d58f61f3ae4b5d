import { formatDuration, listed, SECOND, type Micros } from '../model/index.ts';
import { ranked, type FeedTally } from './decode-tally.ts';

/** Fewer events say nothing of what a feed leaves out. */
const ENOUGH = 50;

/**
 * What is wrong with a feed as a whole, in plain sentences, the gravest first: only what its records show, with what Lapwing
 * cannot see for it. Empty where nothing stands out.
 */
export function findingsOf(tally: FeedTally): readonly string[] {
  return [...fate(tally), ...(tally.events === 0 ? [] : [...seen(tally), ...content(tally), ...times(tally)])];
}

/** What did not arrive. */
function* fate({ records, events, fates, rejected, rejectedBy, lostBy, cutShort }: FeedTally): Generator<string> {
  if (records === 0) return yield 'There is nothing in the input: the log is empty, or rotated away.';
  const lost = fates.passed + fates.rejected;
  const all = records === 1 ? 'The only record is' : `All ${count(records)} records are`;
  if (events === 0 && fates.passed > fates.rejected)
    yield `${fates.passed === records ? all : `${count(fates.passed)} of ${count(records)} records are`} known to be no audit ${records === 1 ? 'event' : 'events'}, ${why(lostBy.passed)}: point Lapwing at the API server's own audit log.`;
  else if (fates.rejected > 0)
    yield `${fates.rejected === records ? all : `${count(fates.rejected)} of ${count(records)} records ${fates.rejected === 1 ? 'is' : 'are'}`} not understood, ${why(lostBy.rejected)}. What was in ${fates.rejected === 1 ? 'it' : 'them'} is lost to every detector.`;
  else if (rejected > 0)
    yield `${many(rejected, 'piece')} of records that hold events ${rejected === 1 ? 'was' : 'were'} not understood, ${why(rejectedBy)}.`;
  else if (events === 0 && lost === 0) yield 'There are records and no event in them: the lists are empty.';
  if (cutShort > 0)
    yield `${many(cutShort, 'event')} of ${count(events)} came cut: what stood behind the cut, mostly bodies and annotations, is lost. Raise the size limit of whoever passes them on.`;
}

/** Stages and levels: what the audit policy, or whoever passes events on, leaves out. */
function* seen({ events, stages, levels, grants, pods }: FeedTally): Generator<string> {
  const of = (table: ReadonlyMap<string, number>, name: string): number => table.get(name) ?? 0;
  const isEnough = events >= ENOUGH;
  if (of(stages, 'RequestReceived') === events)
    yield 'Every event is of stage RequestReceived: no outcome is known, and hardly any detector can judge. Let the policy keep ResponseComplete.';
  else {
    if (of(stages, '') === events)
      yield 'No event tells its stage: none is taken for the outcome of its request, and hardly any detector can judge.';
    else if (isEnough && of(stages, 'ResponseComplete') === 0)
      yield 'No event is of stage ResponseComplete: outcomes are known only where a request streams or a login fails.';
    if (isEnough && of(stages, 'ResponseStarted') === 0)
      yield 'No event is of stage ResponseStarted: failed logins leave no other, so failed-logins sees nothing; commands in pods are seen when they end, maybe hours later.';
  }
  if (of(levels, '') === events)
    yield 'No event tells its level: whoever passes them on has dropped or overwritten it. Bodies are read where they are there.';
  if (of(levels, 'Metadata') === events && isEnough)
    yield 'Every event is of level Metadata: what roles and bindings grant, which pods are privileged and what debug containers run is not to be seen.';
  else {
    if (grants.bare > 0)
      yield `${count(grants.bare)} of ${many(grants.writes, 'write')} of roles and bindings came without a body: rbac-escalation and grant-used cannot see what was granted. Level RequestResponse for rbac.authorization.k8s.io shows it.`;
    if (pods.bare > 0)
      yield `${count(pods.bare)} of ${many(pods.writes, 'write')} of pods and workloads came without a body: exec-into-pod cannot tell which pods are privileged. Level Request shows it.`;
  }
}

/** What is missing in the events themselves. */
function* content({ events, answered, without, peer, clusters, repeated }: FeedTally): Generator<string> {
  const none = (lacking: number): boolean => answered > 0 && lacking === answered;
  if (none(without.user)) yield 'No event tells its user: every request is taken for one without a login.';
  else if (without.user > 0)
    yield `${many(without.user, 'event')} that ${without.user === 1 ? 'is' : 'are'} no failed login ${without.user === 1 ? 'has' : 'have'} no user: whoever passes them on has dropped it.`;
  if (none(without.address))
    yield 'No event tells a source address: refusals-by-source, failed-logins and exec-crowd are blind.';
  // The API server of a test cluster on one machine is called from that machine.
  else if (peer !== undefined && !/^(?:|127\..*|::1)$/.test(peer) && events >= 2 * ENOUGH)
    yield `Every event comes from ${peer}: a load balancer or proxy hides who calls, and what judges by address sees one client.`;
  if (none(without.agent)) yield 'No event has a user agent: what is done by hand is not told from what programs do.';
  if (none(without.decision) && events >= ENOUGH)
    yield "No event carries the authorizer's decision (annotation authorization.k8s.io/decision): who refused, and by which binding a right came, is not told.";
  const named = [...clusters.keys()].filter((name) => name !== '');
  if (named.length > 0 && clusters.has(''))
    yield `Some events name their cluster (${listed(named.toSorted())}) and some (${count(clusters.get('')!)}) do not: these are judged as another cluster's.`;
  if (repeated > 0)
    yield `${many(repeated, 'event')} ${repeated === 1 ? 'has' : 'have'} a member twice: no API server writes that. The last one counts.`;
}

/** Whether the clocks agree. */
function* times({ times: { late, lateBy, tooLate, ahead, aheadBy, ancient }, events }: FeedTally): Generator<string> {
  if (ahead > 0)
    yield `${count(ahead)} of ${many(events, 'event')} ${ahead === 1 ? 'is' : 'are'} ahead of this machine's clock, by up to ${about(aheadBy)}: one of the two clocks is wrong.`;
  if (ancient > 0)
    yield `${count(ancient)} of ${many(events, 'event')} ${ancient === 1 ? 'is' : 'are'} dated before there was Kubernetes: a clock was not set, or whoever passes them on writes other times.`;
  if (tooLate > 0)
    yield `${count(tooLate)} of ${many(events, 'event')} came more than 5 minutes after newer ones of their cluster (by up to ${about(lateBy)}): windows no longer take them. Files in the wrong order, or partitions without the cluster as their key?`;
  else if (late > 0 && late * 10 > events)
    yield `${count(late)} of ${many(events, 'event')} came out of order, by up to ${about(lateBy)}: within 5 minutes windows still take them.`;
}

const count = (value: number): string => value.toLocaleString('en-US');
const many = (value: number, what: string): string => `${count(value)} ${what}${value === 1 ? '' : 's'}`;

/** "for this reason: klog text (aks-klog)"; mostly so, where there are several. */
function why(reasons: ReadonlyMap<string, number>): string {
  const [[key] = ['']] = ranked(reasons);
  const [shape = '', ...reason] = key.split(': ');
  const told =
    shape === 'unknown' || reason.length === 0 ? reason.join(': ') || shape : `${reason.join(': ')} (${shape})`;
  return `${reasons.size > 1 ? 'mostly ' : ''}for this reason: ${told}`;
}

const UNITS: readonly (readonly [name: string, span: Micros])[] = [
  ['day', 86_400 * SECOND],
  ['hour', 3_600 * SECOND],
  ['minute', 60 * SECOND],
];

/** "3 days", "2 hours", "40s". */
export function about(span: Micros): string {
  const [name, unit] = UNITS.find(([, each]) => span >= 2 * each) ?? ['', 0];
  return unit === 0
    ? formatDuration(Math.max(SECOND, Math.round(span / SECOND) * SECOND))
    : many(Math.round(span / unit), name);
}
