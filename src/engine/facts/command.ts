import type { AuditEvent, Command } from '../../model/index.ts';
import { redactArgs, redactText } from '../decode/redact.ts';
import { traitsOf } from './command-traits.ts';
import { pathOf, valuesOf } from './query.ts';
import { readable } from './shape.ts';

const MAX_LINE = 2_048;
const MAX_ARGUMENTS = 256;

/** A kubelet request through nodes/proxy: what comes after the proxy, e.g. "run/ns/pod/container". */
const KUBELET = /\/nodes\/[^/]*\/proxy\/+(run|exec)\//;
/** Where a request to the kubelet comes from an old client: the proxy stood before the node. */
const OLD_KUBELET = /\/proxy\/nodes\/[^/]*\/(run|exec)\//;

/**
 * The command that a request runs in a container: pods/exec, or the kubelet's run and exec behind nodes/proxy. Undefined where the
 * request names none (an attach joins what runs already). Credentials in it are masked.
 */
export function commandOf(event: AuditEvent): Command | undefined {
  const argv = argvOf(event).slice(0, MAX_ARGUMENTS);
  if (argv.length === 0) return undefined;
  const traits = traitsOf(argv);
  const shown = redactArgs(argv);
  return { argv: shown, line: readable(redactText(shown.map(quoted).join(' ')), MAX_LINE), traits };
}

function argvOf(event: AuditEvent): readonly string[] {
  if (event.resource === 'pods/exec') return valuesOf(event.uri, 'command');
  if (event.resource !== 'nodes/proxy') return [];
  const path = pathOf(event.uri);
  const [, action] = KUBELET.exec(path) ?? OLD_KUBELET.exec(path) ?? [];
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
