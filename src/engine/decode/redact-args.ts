import { redactPlain } from './redact-plain.ts';
import { PROGRAMS } from './redact-programs.ts';
import { HIDDEN } from './redact-value.ts';
import { isSecretName, REDACTED } from './secret-names.ts';
import { ROUNDS } from './settled.ts';

/**
 * The arguments of a command, one by one, with credentials replaced: also where an option and its value are two arguments. `redact`
 * is for each by itself.
 */
export function redactArgs(args: readonly string[], redact: (arg: string) => string = redactPlain): readonly string[] {
  let before = args;
  for (let count = 0; count < ROUNDS; count += 1) {
    const after = onceOver(before, redact);
    if (after.every((arg, index) => arg === before[index])) return after;
    before = after;
  }
  return args.map(() => REDACTED);
}

function onceOver(args: readonly string[], redact: (arg: string) => string): readonly string[] {
  // Found once: an argument is judged with the first program before it.
  const first = args.findIndex((each) => PROGRAMS.some(([pattern]) => pattern.test(each)));
  return args.map((arg, index) => {
    const before = args[index - 1] ?? '';
    if (tellsNext(before) && !arg.startsWith('-')) return REDACTED;
    if (before === '--from-literal') return arg.replace(/^([^=]{1,256}=)[^]+$/, `$1${REDACTED}`);
    if (first >= 0 && first < index && (arg.startsWith('-') || /^-[A-Za-z]$/.test(before)))
      return redactedOption(args[first]!, before, arg, redact);
    return redact(arg);
  });
}

/** Whether an argument is an option, a setting or a header ("aws_secret_access_key", "Authorization:") whose value is the next one. */
const tellsNext = (arg: string): boolean =>
  /^(?:bearer|basic)$/i.test(arg) ||
  (/^(?:--?[A-Za-z]|\w{0,64}_\w{0,64}$|["']?[\w-]{1,64}["']?:$)/.test(arg) && !arg.includes('=') && isSecretName(arg));

/** Judges an argument together with its program and the option before it, as they would stand in one line. */
function redactedOption(program: string, before: string, arg: string, redact: (arg: string) => string): string {
  const head = `${program.slice(-64)} ${before.startsWith('-') ? before : ''} `;
  // White space would end the value early: the whole rest of the argument is it.
  let line = head + arg.replace(/\s/g, '_');
  const given = line;
  for (const [pattern, option] of PROGRAMS) if (pattern.test(program)) line = line.replace(option, HIDDEN);
  if (line === given) return redact(arg);
  return line.startsWith(head) ? redact(line.slice(head.length)) : REDACTED;
}
