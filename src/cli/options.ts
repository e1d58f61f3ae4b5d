import { isValid, parseISO } from 'date-fns';
import { catalogue } from '../app.ts';
import { loadConfig, type Config } from '../config/load.ts';
import { AppError, parseDuration, type Micros } from '../model/index.ts';

export const CONFIG_OPTION = [
  '-c, --config <file>',
  'configuration (YAML); default $LAPWING_CONFIG, else built-in defaults',
] as const;

/** The configuration that a command line names. */
export const configOf = (path: string | undefined): Config =>
  loadConfig(catalogue, path ?? (process.env['LAPWING_CONFIG'] || undefined), process.env);

/** A point in time: an ISO 8601 time, or a span back from now ("24h"). Throws AppError `usage`. */
export function parseTime(text: string, option: string, now: Micros): Micros {
  const span = parseDuration(text);
  if (span !== undefined) return now - span;
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  // Date.parse would take the 30th of February for the 2nd of March.
  const parsed = match && parseISO(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  if (!parsed || !isValid(parsed))
    throw new AppError(
      'usage',
      `${option}: ${text} is neither a time such as 2026-11-21T10:00:00Z nor a span such as 24h`,
    );
  return parsed.getTime() * 1_000;
}
