import type { JsonView } from '../json-view.ts';
import { isEvent } from './embedded.ts';
import type { Shape } from './shape.ts';
import { withMembers } from './with-members.ts';

const OLD_VERSION = /^audit\.k8s\.io\/v1(?:alpha1|beta1)$/;

/**
 * Events of Kubernetes 1.7: whole seconds, the stage's time as `metadata.creationTimestamp` and the request's as `timestamp`, the
 * API group within the version of the object. Read as later API servers do when they convert them.
 */
export const v1alpha1: Shape = {
  id: 'v1alpha1',
  title: 'audit.k8s.io/v1alpha1, and v1beta1 without the times of v1',
  marks: ['timestamp', 'metadata'],
  unwrap(value: JsonView) {
    const version = value.at('apiVersion')?.text;
    if ((version !== undefined && !OLD_VERSION.test(version)) || !isEvent(value)) return undefined;
    const members = new Map<string, string | Buffer>();
    take(members, 'stageTimestamp', value, ['metadata', 'creationTimestamp']);
    take(members, 'requestReceivedTimestamp', value, ['timestamp']);
    const object = version?.endsWith('v1alpha1') === true ? value.at('objectRef') : undefined;
    const [group, objectVersion] = splitGroup(object?.at('apiVersion')?.text);
    if (object !== undefined && group !== undefined && !object.members.has('apiGroup')) {
      const parts = { apiGroup: group, apiVersion: objectVersion! };
      members.set(
        'objectRef',
        withMembers(object, new Map(Object.entries(parts).map(([name, text]) => [name, JSON.stringify(text)]))),
      );
    }
    return members.size === 0 ? undefined : { pieces: [{ bytes: withMembers(value, members), isPlain: true }] };
  },
};

/** A time under the name of v1, where the event has none of that name. */
function take(members: Map<string, string | Buffer>, name: string, event: JsonView, from: readonly string[]): void {
  const time = event.at(...from);
  if (time?.isText === true && event.at(name)?.isText !== true) members.set(name, time.raw);
}

function splitGroup(version: string | undefined): readonly [string?, string?] {
  const slash = version?.lastIndexOf('/') ?? -1;
  return slash < 0 ? [] : [version!.slice(0, slash), version!.slice(slash + 1)];
}
