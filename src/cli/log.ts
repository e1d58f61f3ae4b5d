import pino from 'pino';
import type { Logger } from '../model/index.ts';

const LEVELS = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'WARN'],
  [50, 'ERROR'],
]);

/** Structured log on stderr: JSON lines, or short text for a terminal. */
export function makeLog(level: 'debug' | 'info' | 'warn' | 'error', format: 'json' | 'text'): Logger {
  const options = { level, base: { service: 'lapwing' }, timestamp: pino.stdTimeFunctions.isoTime };
  if (format === 'json') return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(options, { write: (line: string) => void process.stderr.write(textOf(line)) });
}

function textOf(line: string): string {
  const { level, time, msg, service: _, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const cause = err && typeof err === 'object' && 'message' in err ? { cause: err.message } : {};
  const rest = Object.entries({ ...fields, ...cause }).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `${String(time).slice(11, 19)} ${LEVELS.get(Number(level)) ?? String(level)} ${String(msg)}${rest.join('')}\n`;
}
