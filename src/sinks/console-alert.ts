import { createColors } from 'picocolors';
import { formatTime, toDocument, type Alert, type Micros, type Severity } from '../model/index.ts';
import { columnsOf, escapeControls, fitText, padText, wrapText } from './console-text.ts';

/** How a terminal takes text. */
export interface Look {
  readonly colour: boolean;
  /** Columns of a line. */
  readonly width: number;
}

/** A terminal that is narrower breaks the lines itself. */
const NARROWEST = 60;
/** Names and sentences beyond this many columns are cut: the whole alert is in the store. */
const LONGEST_NAME = 120;
const LONGEST_REASON = 1_000;
const ID = 12;
/** Columns of the time and the severity, with the gaps behind them. */
const HEAD = 32;

/** What a stream can show: colour on a terminal unless NO_COLOR is set or TERM is dumb; 100 columns where the width is unknown. */
export function lookOf(stream: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv): Look {
  return {
    colour: stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    width: Math.min(160, Math.max(NARROWEST, stream.columns ?? 100)),
  };
}

/** The severity as a word of one width, coloured where the look has colours: never colour alone. */
export function severityWord(severity: Severity, colour: boolean): string {
  const { bold, red, yellow, cyan, dim, inverse } = createColors(colour);
  const word = severity.toUpperCase().padEnd(8);
  switch (severity) {
    case 'critical':
      return inverse(bold(red(word)));
    case 'high':
      return bold(red(word));
    case 'medium':
      return yellow(word);
    case 'low':
      return cyan(word);
    default:
      return dim(word);
  }
}

/** An alert as a few lines for people, ending in an empty line. Nothing in it can move the cursor or hide. */
export function humanAlert(alert: Alert, { colour, width }: Look): string {
  const { bold, dim } = createColors(colour);
  const indent = '  ';
  const room = width - HEAD;
  const cluster = alert.cluster === '' ? '' : fitText(alert.cluster, Math.floor(room / 3));
  const name = fitText(alert.rule.name, cluster === '' ? room : room - 2 - columnsOf(cluster));
  const head = [dim(clock(alert.lastSeen)), severityWord(alert.severity, colour), bold(name), cluster]
    .filter((part) => part !== '')
    .join('  ');
  const body = [
    ...wrapText(fitText(alert.reason, LONGEST_REASON), width - indent.length).map((line) => indent + line),
    ...facts(alert).flatMap(([label, text]) =>
      wrapText(text, width - 10).map((line, index) => `${indent}${dim(padText(index === 0 ? label : '', 7))} ${line}`),
    ),
  ];
  return `${[head, ...body].join('\n')}\n\n`;
}

/**
 * The alert's document on one line, without its end. Characters that a terminal obeys or hides are written as JSON escapes,
 * so that it is the same JSON and harmless to look at.
 */
export const documentLine = (alert: Alert): string =>
  JSON.stringify(toDocument(alert)).replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );

const clock = (time: Micros): string => `${formatTime(time).slice(0, 19).replace('T', ' ')}Z`;

function facts({ actor, target, ...alert }: Alert): [label: string, text: string][] {
  const cut = (text: string) => fitText(text, LONGEST_NAME);
  const who = [
    actor.user === undefined ? 'no user' : cut(actor.user),
    ...(actor.effectiveUser === undefined ? [] : [`as ${cut(actor.effectiveUser)}`]),
    ...(actor.ip === undefined ? [] : [`from ${cut(actor.ip)}`]),
    ...(actor.userAgent === undefined ? [] : [`with ${cut(actor.userAgent)}`]),
  ].join(' ');
  const object = [target?.resource?.type, target?.namespace, target?.resource?.name].filter(
    (part) => part !== undefined,
  );
  const first = clock(alert.firstSeen);
  const last = clock(alert.lastSeen);
  const span = first === last ? `at ${first}` : `first ${first} · last ${last}`;
  const attack = alert.techniques.map(({ id, name }) => `${escapeControls(id)} ${escapeControls(name)}`).join(', ');
  return [
    ['who', who],
    ...(object.length === 0 ? [] : [['what', object.map(cut).join(' ')] as [string, string]]),
    ...(alert.commandLine === undefined ? [] : [['command', cut(alert.commandLine)] as [string, string]]),
    ['seen', `${alert.count} ${alert.count === 1 ? 'event' : 'events'} · ${span}`],
    ...(attack === '' ? [] : [['ATT&CK', attack] as [string, string]]),
    [
      'alert',
      `${fitText(alert.id, ID + 1).replace('…', '')} · revision ${alert.revision} · ${escapeControls(alert.rule.id)}`,
    ],
  ];
}
