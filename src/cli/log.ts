import pino from 'pino';
import { AppError, messageOf, type Logger } from '../model/index.ts';
import { escapeText } from './terminal.ts';

const LEVELS = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'WARN'],
  [50, 'ERROR'],
]);
/** Causes of causes that are told. */
const DEPTH = 4;

/** Structured log on stderr: JSON lines, or short text for a terminal. */
export function makeLog(level: 'debug' | 'info' | 'warn' | 'error', format: 'json' | 'text'): Logger {
  const options = {
    level,
    base: { service: 'lapwing' },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: told },
  };
  if (format === 'json') return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(options, { write: (line: string) => void process.stderr.write(textOf(line)) });
}

/** Messages only: what libraries hang on their errors may hold credentials. A stack where the error is none of ours. */
function told(thrown: unknown): object {
  const causes: string[] = [];
  let at = thrown;
  while (at instanceof Error && at.cause !== undefined && causes.length < DEPTH) {
    at = at.cause;
    causes.push(messageOf(at));
  }
  const message = messageOf(thrown);
  const news = causes.filter((cause) => !message.includes(cause));
  return {
    message,
    ...(thrown instanceof AppError
      ? { code: thrown.code }
      : { stack: thrown instanceof Error ? thrown.stack : undefined }),
    ...(news.length > 0 && { cause: news.join(': ') }),
  };
}

function textOf(line: string): string {
  const { level, time, msg, service: _, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const cause = err && typeof err === 'object' && 'message' in err ? { cause: err.message } : {};
  const rest = Object.entries({ ...fields, ...cause }).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  const text = `${LEVELS.get(Number(level)) ?? String(level)} ${String(msg)}${rest.join('')}`;
  return `${String(time).slice(11, 19)} ${escapeText(text)}\n`;
}
