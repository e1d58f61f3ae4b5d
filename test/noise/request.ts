import { placeOf } from './resources.ts';
import { MINUTE, type Story, type World } from './world.ts';
import type { Who } from './who.ts';

export interface Details {
  /** Without the question mark. */
  readonly query?: string;
  readonly code?: number;
  readonly body?: unknown;
  /** Where the body is left out by the policy although there is one: not set. Bodies of RBAC are logged with their response. */
  readonly message?: string;
  /** A refusal by admission: decision allow, code 403. */
  readonly late?: boolean;
  /** Further annotations. */
  readonly notes?: Readonly<Record<string, string>>;
}

const quoted = JSON.stringify;
let lastSecond = -1;
let prefix = '';

function timeText(micros: number): string {
  const second = Math.floor(micros / 1_000_000);
  if (second !== lastSecond) {
    lastSecond = second;
    prefix = new Date(second * 1_000).toISOString().slice(0, 20).replace('Z', '.');
    if (!prefix.endsWith('.')) prefix = `${prefix.slice(0, 19)}.`;
  }
  return `${prefix}${String(1_000_000 + (micros - second * 1_000_000)).slice(1)}Z`;
}

let serial = 0;

/** Audit-IDs are told apart by a running number; a new log starts anew. */
export const restartIds = (): void => void (serial = 0);

function nextId(): string {
  serial += 1;
  const mixed = (Math.imul(serial, 0x9e37_79b1) >>> 0).toString(16).padStart(8, '0');
  return `${mixed}-${mixed.slice(2, 6)}-4000-8000-${serial.toString(16).padStart(12, '0')}`;
}

const isRbac = (group: string): boolean => group === 'rbac.authorization.k8s.io';

/** One request and what the log says of it at its end. `resource` may have a subresource: "pods/exec". */
export function say(
  world: World,
  who: Who,
  verb: string,
  resource: string,
  namespace = '',
  name = '',
  details: Details = {},
): void {
  const id = nextId();
  const at = world.tick(1_500 + Math.floor(world.roll() * 6_000));
  world.write(
    lineOf(
      id,
      'ResponseComplete',
      at,
      at + 900 + Math.floor(world.roll() * 2_500),
      who,
      verb,
      resource,
      namespace,
      name,
      details,
    ),
    who.persona,
  );
}

/** A path that is no resource: discovery, health, metrics. */
export function ask(world: World, who: Who, path: string, code = 200): void {
  const at = world.tick(1_200 + Math.floor(world.roll() * 1_000));
  world.write(
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"${nextId()}","stage":"ResponseComplete","requestURI":${quoted(path)},"verb":"get",${who.json},"responseStatus":{"metadata":{},"code":${code}},"requestReceivedTimestamp":"${timeText(at)}","stageTimestamp":"${timeText(at + 800)}","annotations":{"authorization.k8s.io/decision":"${code === 403 ? 'forbid' : 'allow'}","authorization.k8s.io/reason":${code === 403 ? '""' : who.reason}}}`,
    who.persona,
  );
}

/** A request that goes on: a watch, a session. It is told when it begins and when it ends. */
export function* stream(
  world: World,
  who: Who,
  verb: string,
  resource: string,
  namespace: string,
  name: string,
  lasts: number,
  details: Details = {},
): Story {
  const id = nextId();
  const from = world.tick(1_000 + Math.floor(world.roll() * 4_000));
  const line = (stage: string, at: number) =>
    lineOf(id, stage, from, at, who, verb, resource, namespace, name, details);
  world.write(line('ResponseStarted', from + 1_200), who.persona);
  yield lasts;
  world.write(line('ResponseComplete', world.now), who.persona);
}

/** A login that failed leaves one event, without a user. */
export function failedLogin(
  world: World,
  who: Who,
  verb: string,
  resource: string,
  namespace: string,
  name = '',
): void {
  const at = world.tick(1_000);
  const line = lineOf(nextId(), 'ResponseStarted', at, at + 400, who, verb, resource, namespace, name, { code: 401 });
  world.write(line, who.persona);
}

function lineOf(
  id: string,
  stage: string,
  received: number,
  at: number,
  who: Who,
  verb: string,
  resource: string,
  namespace: string,
  name: string,
  { query = '', code = verb === 'create' ? 201 : 200, body, message, late = false, notes }: Details,
): string {
  const slash = resource.indexOf('/');
  const place = placeOf(slash < 0 ? resource : resource.slice(0, slash));
  const sub = slash < 0 ? '' : resource.slice(slash + 1);
  const isDenied = code === 403 && !late;
  const hasBody = body !== undefined && !isDenied;
  const level = isRbac(place.group) ? 'RequestResponse' : hasBody ? 'Request' : 'Metadata';
  let uri = place.root;
  let ref = `"resource":"${place.name}"`;
  if (namespace !== '') {
    uri += `/namespaces/${namespace}/${place.name}`;
    ref += `,"namespace":"${namespace}"`;
  } else {
    uri += `/${place.name}`;
    // A namespace is in itself, except while it is being made.
    if (place.name === 'namespaces' && name !== '' && verb !== 'create') ref += `,"namespace":"${name}"`;
  }
  const isPosted = verb === 'create' && sub === '';
  if (name !== '') {
    if (!isPosted) uri += `/${name}`;
    if (!(isPosted && isDenied)) ref += `,"name":"${name}"`;
  }
  if (sub !== '') {
    const [own = ''] = sub.split('/', 1);
    uri += `/${sub}`;
    ref += `,${place.ref},"subresource":"${own}"`;
  } else ref += `,${place.ref}`;
  if (query !== '') uri += `?${query}`;
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"${level}","auditID":"${id}","stage":"${stage}","requestURI":${quoted(uri)},"verb":"${verb}",${who.json},"objectRef":{${ref}},"responseStatus":${statusOf(code, message, who, verb, place.name, place.group, namespace, name, late)},${hasBody ? `"requestObject":${quoted(body)},` : ''}${hasBody && level === 'RequestResponse' && code < 300 ? `"responseObject":${quoted(body)},` : ''}"requestReceivedTimestamp":"${timeText(received)}","stageTimestamp":"${timeText(at)}"${annotations(code, isDenied, who, notes)}}`;
}

function annotations(code: number, isDenied: boolean, who: Who, notes: Details['notes']): string {
  if (code === 401) return '';
  const more = notes === undefined ? '' : `,${quoted(notes).slice(1, -1)}`;
  return `,"annotations":{"authorization.k8s.io/decision":"${isDenied ? 'forbid' : 'allow'}","authorization.k8s.io/reason":${isDenied ? '""' : who.reason}${who.notes ?? ''}${more}}`;
}

function statusOf(
  code: number,
  message: string | undefined,
  who: Who,
  verb: string,
  resource: string,
  group: string,
  namespace: string,
  name: string,
  late: boolean,
): string {
  if (code < 400) return `{"metadata":{},"code":${code}}`;
  const [reason, text] =
    code === 403 && !late
      ? [
          'Forbidden',
          `${resource} is forbidden: User "${who.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`}`,
        ]
      : code === 403
        ? ['Forbidden', `${resource} "${name}" is forbidden: ${message ?? 'denied'}`]
        : code === 404
          ? ['NotFound', `${resource} "${name}" not found`]
          : code === 409
            ? ['Conflict', `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified`]
            : code === 401
              ? ['Unauthorized', 'Unauthorized']
              : ['Unknown', message ?? 'failed'];
  return `{"metadata":{},"status":"Failure","message":${quoted(message !== undefined && !late ? message : text)},"reason":"${reason}","code":${code}}`;
}

/** Lists a resource and then watches it without end, as every informer does; lists anew when told to. */
export function* informer(
  world: World,
  who: Who,
  resource: string,
  namespace = '',
  options: { readonly listFirst?: boolean; readonly until?: () => boolean } = {},
): Story {
  if (options.listFirst !== false)
    say(world, who, 'list', resource, namespace, '', { query: 'limit=500&resourceVersion=0' });
  while (options.until?.() !== true) {
    const seconds = world.count(300, 599);
    yield* stream(world, who, 'watch', resource, namespace, '', seconds * 1_000_000, {
      query: `allowWatchBookmarks=true&resourceVersion=${1_000_000 + (Math.floor(world.now / 1_000_000) % 1_000_000)}&timeout=${Math.floor(seconds / 60)}m${seconds % 60}s&timeoutSeconds=${seconds}&watch=true`,
    });
    // Now and then the connection is cut short, and the client waits before it comes back.
    if (world.chance(0.01)) yield MINUTE / 10;
  }
}
