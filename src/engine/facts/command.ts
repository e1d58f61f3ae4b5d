import type { AuditEvent, Command } from '../../model/index.ts';
import { redactArgs, redactText } from '../decode/redact.ts';
import { traitsOf } from './command-traits.ts';
import { debugContainersOf } from './debug-containers.ts';
import { proxiedBy } from './proxied.ts';
import { pathOf, valuesOf } from './query.ts';
import { at, readable, textsOf } from './shape.ts';

const MAX_LINE = 2_048;
const MAX_ARGUMENTS = 256;

/** Where a request to the kubelet comes from an old client: the proxy stood before the node. */
const OLD_KUBELET = /\/proxy\/nodes\/[^/]*\/(run|exec)\//;

/** Commands that came lately: most come again and again. */
const KNOWN = new Map<string, Command>();
const MOST_KNOWN = 256;
/** Longer ones, as JSON, are taken apart each time. */
const LONGEST_KNOWN = 1_024;

/**
 * The command that a request runs in a container: pods/exec, a debug container's, or the kubelet's run and exec behind a proxy. Undefined
 * where the request names none (an attach joins what runs already) or its body is not to be seen. Credentials in it are masked.
 */
export function commandOf(event: AuditEvent): Command | undefined {
  const argv = argvOf(event).slice(0, MAX_ARGUMENTS);
  if (argv.length === 0) return undefined;
  const text = JSON.stringify(argv);
  let command = KNOWN.get(text);
  if (command !== undefined) return command;
  command = told(argv);
  if (text.length > LONGEST_KNOWN) return command;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(text, command);
  return command;
}

function told(argv: readonly string[]): Command {
  const traits = traitsOf(argv);
  const shown = redactArgs(argv);
  return { argv: shown, line: readable(redactText(shown.map(quoted).join(' ')), MAX_LINE), traits };
}

function argvOf(event: AuditEvent): readonly string[] {
  if (event.resource === 'pods/exec') return valuesOf(event.uri, 'command');
  if (event.resource === 'pods/ephemeralcontainers') return argvOfDebug(event);
  const proxied = proxiedBy(event);
  if (proxied === undefined) return [];
  const [, action] =
    /^(run|exec)\//.exec(proxied.aim === 'command' ? proxied.path : '') ?? OLD_KUBELET.exec(pathOf(event.uri)) ?? [];
  if (action === 'exec') return valuesOf(event.uri, 'command');
  // The kubelet's run takes one line and cuts it at each space.
  return action === 'run'
    ? (valuesOf(event.uri, 'cmd')[0]
        ?.split(' ')
        .filter((word) => word !== '') ?? [])
    : [];
}

/** As a shell would need it, where a reader would not see the borders of the argument otherwise. */
const quoted = (argument: string): string =>
  argument === '' || /\s/.test(argument) ? `'${argument.replaceAll("'", `'\\''`)}'` : argument;

/** Where a request lists all debug containers of a pod, the new one stands last. */
const argvOfDebug = (event: AuditEvent): readonly string[] => {
  const container = debugContainersOf(event.requestObject).at(-1);
  return [...textsOf(at(container, 'command')), ...textsOf(at(container, 'args'))];
};
