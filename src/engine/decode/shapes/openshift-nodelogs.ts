import type { Shape } from './shape.ts';

/** A node's name and a blank. */
const NODE = /^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?) (?=\{)/;

/** `oc adm node-logs` puts the name of the node before each line. */
export const openshiftNodelogs: Shape = {
  id: 'openshift-nodelogs',
  title: '`oc adm node-logs`: the name of the node, a blank, the event',
  marks: [],
  unwrap: () => undefined,
  unwrapLine(line: Buffer) {
    const [prefix] = NODE.exec(line.toString('latin1', 0, 255)) ?? [];
    return prefix === undefined ? undefined : { pieces: [{ bytes: line.subarray(prefix.length) }] };
  },
};
