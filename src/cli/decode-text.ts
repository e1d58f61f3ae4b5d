import { createColors } from 'picocolors';
import { absentIn } from '../app/decode-absent.ts';
import type { DecodedRecord } from '../app/decode.ts';
import { about, findingsOf } from '../app/decode-findings.ts';
import { hintOf } from '../app/decode-hint.ts';
import { ranked, type FeedTally } from '../app/decode-tally.ts';
import { formatTime, type AuditEvent, type Micros, type User } from '../model/index.ts';
import type { Look } from '../sinks/console-alert.ts';
import { fitText, wrapText } from '../sinks/console-text.ts';
import { count, plural } from './progress.ts';

/** Names beyond so many columns are cut; so are lists of one record, and tables. */
const [LONGEST, SHOWN, ROWS] = [100, 20, 12] as const;
const LABEL = 13;
/** The last moment that formatTime can write as an ISO time of four digits. */
const LAST: Micros = 253_402_300_799_000_000;

/** What became of one record, for people: lines that no terminal obeys. */
export function recordText(
  record: DecodedRecord,
  options: { readonly named: boolean },
  { colour, width }: Look,
): string {
  const { bold, dim, red, yellow } = createColors(colour);
  const { place, events, eventCount, rejects, rejectCount, passed, bytes } = record;
  const lines: string[] = [];
  const say = (text: string, paint: (text: string) => string = (each) => each, indent = 2): void => {
    for (const line of wrapText(text, width - indent)) lines.push(' '.repeat(indent) + paint(line));
  };
  let told = '';
  for (const { event, shapes } of events.slice(0, SHOWN)) {
    const form = formOf(event, shapes, options.named);
    if (form !== told) say(form, dim);
    told = form;
    say(eventText(event));
    say(`${originText(event)}`, dim, 6);
    const { flaws } = event;
    if (flaws.length > 0) say(`odd: ${flaws.join(', ')}`, yellow, 6);
    const absent = absentIn(event);
    if (absent.length > 0) say(`absent: ${absent.join(', ')}`, yellow, 6);
  }
  if (eventCount > SHOWN) say(`… and ${plural(eventCount - SHOWN, 'more event')}`, dim);
  for (const { shape, reason, count: times } of passed)
    say(
      `passed over${times === 1 ? '' : ` ${count(times)} times`}: ${safe(reason)} (${safe(shape)}): no audit event`,
      dim,
    );
  for (const reject of rejects.slice(0, SHOWN)) {
    say(`rejected: ${safe(reject.reason)}${reject.shape === 'unknown' ? '' : ` (${safe(reject.shape)})`}`, red);
    for (const line of wrapText(safe(hintOf(reject, bytes), 1_000), width - 6)) lines.push(`      ${line}`);
    if (reject.sample !== '') say(`it looks like: ${fitText(reject.sample, width - 22)}`, dim, 6);
    if (reject.auditId !== undefined) say(`Audit-ID ${safe(reject.auditId)}`, dim, 6);
  }
  if (rejectCount > SHOWN) say(`… and ${plural(rejectCount - SHOWN, 'more piece')} rejected`, dim);
  if (eventCount + rejectCount + passed.length === 0) say('a list without events', dim);
  const head = `${bold(`${safe(place.file, 300)}:${place.line}`)} ${dim(`@${place.offset}, ${plural(bytes.length, 'byte')}`)}`;
  return `${[head, ...lines].join('\n')}\n`;
}

/** What the whole input came to, for people. */
export function summaryText(tally: FeedTally, { colour, width }: Look): string {
  const { bold, dim } = createColors(colour);
  const { records, bytes, events, fates, times } = tally;
  const row = (label: string, text: string): string =>
    wrapText(text, width - LABEL)
      .map((line, index) => `${dim((index === 0 ? label : '').padEnd(LABEL))}${line}`)
      .join('\n');
  const table = (label: string, names: ReadonlyMap<string, number>, nameless = ''): readonly string[] => {
    const sorted = ranked(names);
    const shown = sorted.slice(0, ROWS).map(([name, each]) => `${count(each)} ${name === '' ? nameless : safe(name)}`);
    if (sorted.length > ROWS) shown.push(`${sorted.length - ROWS} others`);
    return shown.length === 0 ? [] : [row(label, shown.join(' · '))];
  };
  const tail = [
    fates.passed > 0 && `${count(fates.passed)} known to be no audit event`,
    fates.rejected > 0 && `${count(fates.rejected)} not understood`,
    fates.empty > 0 && `${count(fates.empty)} without content`,
  ].filter((part) => part !== false);
  const understood = `${plural(events, 'event')} in ${count(fates.understood)} of ${plural(records, 'record')} (${plural(bytes, 'byte')})`;
  const lines = [
    ...wrapText([understood, ...tail].join(', '), width).map(bold),
    ...table('events as', tally.shapes),
    ...table('passed over', tally.passedBy),
    ...table('rejected', tally.rejectedBy),
    ...(events === 0 ? [] : table('clusters', tally.clusters, 'without a name')),
    ...(events === 0 ? [] : table('stages', tally.stages, 'without one')),
    ...(events === 0 ? [] : table('levels', tally.levels, 'without one')),
    ...(Number.isNaN(times.first)
      ? []
      : [
          row(
            'time',
            `${timeText(times.first)} to ${timeText(times.last)}, ${about(Math.max(0, tally.now - times.last))} ago by this machine's clock`,
          ),
        ]),
    ...(events === 0
      ? []
      : [
          row(
            'order',
            `${times.late === 0 ? 'in order' : `${count(times.late)} out of order, by up to ${about(times.lateBy)}`}; ` +
              `${times.ahead === 0 ? 'none' : count(times.ahead)} ahead of this machine's clock`,
          ),
        ]),
  ];
  const findings = findingsOf(tally).flatMap((each) =>
    wrapText(safe(each, 1_000), width - 2).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`),
  );
  return `${[...lines, ...(findings.length > 0 ? ['', bold('What stands out'), ...findings] : [])].join('\n')}\n`;
}

const safe = (text: string, width: number = LONGEST): string => fitText(text, width);

/** "aks-eventhub › raw-event; cluster prod, named by its wrapper" */
function formOf({ cluster }: AuditEvent, shapes: readonly string[], named: boolean): string {
  const by = named ? 'named by --cluster' : 'named by its wrapper';
  return `${shapes.map((shape) => safe(shape)).join(' › ')}; ${cluster === '' ? 'no cluster named' : `cluster ${safe(cluster)}, ${by}`}`;
}

function eventText(event: AuditEvent): string {
  const { object, uri, resource, code, decision, level, stage } = event;
  const name = [object?.namespace, object?.name].filter((part) => part !== undefined && part !== '').join('/');
  const what = resource === '' ? safe(uri) : `${safe(resource)}${name === '' ? '' : ` ${safe(name)}`}`;
  const answer = [code === 0 ? 'no code' : String(code), decision].filter((part) => part !== '').join(' ');
  const how = [stage === '' ? 'no stage' : stage, level === '' ? 'no level' : level].join(' · ');
  return `${timeText(event.time)}  ${whoOf(event)} ${safe(event.verb === '' ? '(no verb)' : event.verb)} ${what} → ${answer} · ${how}`;
}

function whoOf({ user, impersonated }: AuditEvent): string {
  const name = (each: User): string => (each.name === '' ? '(no user)' : safe(each.name));
  return impersonated === undefined ? name(user) : `${name(user)} as ${name(impersonated)}`;
}

function originText({ peer, userAgent, auditId }: AuditEvent): string {
  const agent = userAgent === '' ? '' : ` with ${safe(userAgent)}`;
  return `from ${peer === '' ? '(no address)' : safe(peer)}${agent}; Audit-ID ${auditId === '' ? '(none)' : safe(auditId)}`;
}

/** Times of other millennia are told as they are counted. */
export const timeText = (time: Micros): string =>
  time >= -62_135_596_800_000_000 && time <= LAST ? formatTime(time) : `${time} µs`;
