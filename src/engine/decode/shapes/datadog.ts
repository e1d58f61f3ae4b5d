import type { JsonView } from '../json-view.ts';
import { asClusterName } from './cluster-name.ts';
import { isEvent } from './embedded.ts';
import type { Piece, Shape } from './shape.ts';
import { withMembers } from './with-members.ts';
import { timeOf } from './wrapper-time.ts';

/** Where the attributes of a log are: at the top, in an archive, in answers of the search API (versions 2 and 1). */
const PLACES: readonly (readonly string[])[] = [
  [],
  ['attributes'],
  ['attributes', 'attributes'],
  ['content', 'attributes'],
];
/** No tag is longer, and no log has more of them in one text, in characters. */
const [LONGEST_TAG, LONGEST_TAGS] = [1_024, 65_536] as const;
const CLUSTER_TAG = /^(?:kube_cluster_name|cluster_name):(.*)$/;
const NAMESPACE = /^\/(?:api|apis\/[^/?]{1,253})\/[^/?]{1,63}\/namespaces\/([a-z0-9-]{1,63})\/[^/?]/;

/**
 * Datadog's pipeline for Kubernetes audit logs moves the verb, the code, the user, the address and the agent of an event to its
 * standard attributes. They are put back; groups and other parts that were not moved stay as they are. Without its own times an
 * event has the one of the log.
 */
export const datadog: Shape = {
  id: 'datadog',
  title: "Datadog: the event remapped to Datadog's standard attributes",
  marks: ['http', 'attributes', 'content'],
  unwrap(value: JsonView) {
    for (const place of PLACES) {
      const log = value.at(...place);
      if (log === undefined || !isRemapped(log)) continue;
      return { pieces: [pieceOf(log, [value, value.at('attributes'), value.at('content')])] };
    }
    return undefined;
  },
};

const isRemapped = (log: JsonView): boolean =>
  log.at('http', 'method')?.isText === true && log.at('verb')?.isText !== true && isEvent(log);

function pieceOf(log: JsonView, around: readonly (JsonView | undefined)[]): Piece {
  const members = new Map<string, string | Buffer>([['verb', log.at('http', 'method')!.raw]]);
  const give = (name: string, json: string | Buffer | undefined): void => {
    if (json !== undefined) members.set(name, json);
  };
  const code = log.at('http', 'status_code')?.number;
  const status = log.at('responseStatus');
  if (Number.isInteger(code) && status?.at('code')?.number === undefined)
    give('responseStatus', filled(status, 'code', String(code)));
  const name = log.at('usr', 'id') ?? log.at('usr', 'name');
  const user = log.at('user');
  if (name?.isText === true && user?.at('username')?.isText !== true) give('user', filled(user, 'username', name.raw));
  const address = log.at('network', 'client', 'ip');
  if (address?.isText === true && log.at('sourceIPs')?.isArray !== true) give('sourceIPs', bracketed(address.raw));
  const agent = log.at('http', 'useragent');
  if (agent?.isText === true && log.at('userAgent')?.isText !== true) give('userAgent', agent.raw);
  const object = log.at('objectRef');
  const namespace = NAMESPACE.exec(log.at('requestURI')?.text?.slice(0, 1024) ?? '')?.[1];
  if (namespace !== undefined && object?.isObject === true && !object.members.has('namespace'))
    give('objectRef', filled(object, 'namespace', JSON.stringify(namespace)));
  if (log.at('stageTimestamp')?.isText !== true && log.at('requestReceivedTimestamp')?.isText !== true)
    give('stageTimestamp', timeBy(around));
  return { bytes: withMembers(log, members), cluster: clusterBy(around), mayLackTime: true };
}

/** The object with one member more, or a new one with it. */
const filled = (object: JsonView | undefined, name: string, json: string | Buffer): Buffer =>
  object?.isObject === true
    ? withMembers(object, new Map([[name, json]]))
    : Buffer.concat([Buffer.from(`{${JSON.stringify(name)}:`), Buffer.from(json), Buffer.from('}')]);

const bracketed = (json: Buffer): Buffer => Buffer.concat([Buffer.from('['), json, Buffer.from(']')]);

/** The time of the log as Datadog has it. */
function timeBy(around: readonly (JsonView | undefined)[]): string | undefined {
  for (const value of around) {
    const time = timeOf(value?.at('timestamp')) ?? timeOf(value?.at('date'));
    if (time !== undefined) return JSON.stringify(new Date(Math.floor(time / 1000)).toISOString());
  }
  return undefined;
}

/** The tag that the agent sets. */
function clusterBy(around: readonly (JsonView | undefined)[]): string | undefined {
  for (const value of around)
    for (const tag of tagsOf(value)) {
      const name = asClusterName(CLUSTER_TAG.exec(tag.trim())?.[1]);
      if (name !== undefined) return name;
    }
  return undefined;
}

function* tagsOf(value: JsonView | undefined): Generator<string, undefined> {
  for (const tag of value?.at('tags')?.elements() ?? []) if (tag.to - tag.from <= LONGEST_TAG) yield tag.text ?? '';
  yield* (value?.at('ddtags')?.text ?? '').slice(0, LONGEST_TAGS).split(',');
  return undefined;
}
