import { absentIn } from '../app/decode-absent.ts';
import type { DecodedEvent, DecodedRecord } from '../app/decode.ts';
import { findingsOf } from '../app/decode-findings.ts';
import { hintOf } from '../app/decode-hint.ts';
import { ranked, type FeedTally } from '../app/decode-tally.ts';
import type { Micros } from '../model/index.ts';
import { timeText } from './decode-text.ts';

/** The document of one record, without its members that are empty. */
export function recordDocument(record: DecodedRecord, { named }: { readonly named: boolean }): object {
  const { place, bytes, events, eventCount, rejects, rejectCount, passed } = record;
  return {
    type: 'record',
    ...place,
    bytes: bytes.length,
    events: events.map((event) => eventDocument(event, named)),
    more_events: eventCount - events.length,
    passed,
    rejected: rejects.map((reject) => ({
      reason: reject.reason,
      shape: reject.shape,
      hint: hintOf(reject, bytes),
      bytes: reject.bytes,
      ...given('audit_id', reject.auditId ?? ''),
      sample: reject.sample,
    })),
    more_rejected: rejectCount - rejects.length,
  };
}

function eventDocument({ event, shapes }: DecodedEvent, named: boolean): object {
  const { object, code } = event;
  return {
    shapes,
    ...given('cluster', event.cluster),
    ...(event.cluster !== '' && { cluster_from: named ? 'option' : 'wrapper' }),
    time: timeText(event.time),
    ...given('user', event.user.name),
    ...given('acting_as', event.impersonated?.name ?? ''),
    ...given('verb', event.verb),
    ...given('resource', event.resource),
    ...given('namespace', object?.namespace ?? ''),
    ...given('name', object?.name ?? ''),
    ...given('uri', event.uri.slice(0, 1_024).replace(/[\uD800-\uDBFF]$/, '')),
    ...(code !== 0 && { code }),
    ...given('decision', event.decision),
    ...given('stage', event.stage),
    ...given('level', event.level),
    ...given('source_ip', event.peer),
    ...given('user_agent', event.userAgent),
    ...given('audit_id', event.auditId),
    final: event.final,
    flaws: event.flaws,
    absent: absentIn(event),
  };
}

/** The document of the whole input. */
export function summaryDocument(tally: FeedTally): object {
  const { times, fates } = tally;
  const byReason = (table: ReadonlyMap<string, number>): readonly object[] =>
    ranked(table).map(([key, count]) => {
      const [shape = '', ...reason] = key.split(': ');
      return { shape, reason: reason.join(': '), count };
    });
  const byName = (table: ReadonlyMap<string, number>): readonly object[] =>
    ranked(table).map(([name, count]) => ({ name, count }));
  return {
    type: 'summary',
    records: tally.records,
    bytes: tally.bytes,
    events: tally.events,
    passed: tally.passed,
    rejected: tally.rejected,
    records_by_fate: fates,
    events_by_shape: ranked(tally.shapes).map(([chain, count]) => ({ shapes: chain.split(' › '), count })),
    passed_by: byReason(tally.passedBy),
    rejected_by: byReason(tally.rejectedBy),
    clusters: byName(tally.clusters),
    stages: byName(tally.stages),
    levels: byName(tally.levels),
    time: {
      ...(!Number.isNaN(times.first) && { first: timeText(times.first), last: timeText(times.last) }),
      now: timeText(tally.now),
      out_of_order: times.late,
      out_of_order_seconds: seconds(times.lateBy),
      too_late: times.tooLate,
      ahead: times.ahead,
      ahead_seconds: seconds(times.aheadBy),
      before_kubernetes: times.ancient,
    },
    cut_short: tally.cutShort,
    duplicate_keys: tally.repeated,
    findings: findingsOf(tally),
  };
}

/** On one line. What a terminal obeys or hides is a JSON escape, so that it is the same JSON and harmless to look at. */
export const jsonLine = (document: object): string =>
  JSON.stringify(document).replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );

const given = (name: string, text: string): object => (text === '' ? {} : { [name]: text });
const seconds = (span: Micros): number => span / 1_000_000;
