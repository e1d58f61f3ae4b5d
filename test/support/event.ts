import { readFileSync } from 'node:fs';
import type { AuditEvent, Denial, Level, Micros, ObjectRef, Outcome, Stage, User } from '../../src/model/index.ts';

/** A user as audit JSON writes it. */
export interface RawUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** An event as the API server writes it (audit.k8s.io/v1), any part left out. */
export interface RawEvent {
  readonly level?: string;
  readonly auditID?: string;
  readonly stage?: string;
  readonly requestURI?: string;
  readonly verb?: string;
  readonly user?: RawUser;
  readonly impersonatedUser?: RawUser;
  readonly sourceIPs?: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: Readonly<Record<string, unknown>>;
  readonly responseStatus?: Readonly<Record<string, unknown>>;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly requestReceivedTimestamp?: string;
  readonly stageTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

const DEFAULTS: RawEvent = {
  level: 'RequestResponse',
  auditID: '00000000-0000-4000-8000-000000000001',
  stage: 'ResponseComplete',
  requestURI: '/',
  verb: 'get',
  user: { username: 'alice', groups: ['system:authenticated'] },
  sourceIPs: ['10.0.0.9'],
  userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/a1b2c3d',
  responseStatus: { code: 200 },
  requestReceivedTimestamp: '2026-11-21T10:00:00.000000Z',
  annotations: { 'authorization.k8s.io/decision': 'allow' },
};

/**
 * An AuditEvent from plain audit JSON, for tests: nothing is redacted or cut. Parts that are left out get calm defaults (alice, a
 * successful get, decision allow for codes other than 401 and 403); pass `undefined` for a part to have none. `over` replaces
 * finished fields: `auditEvent({ verb: 'list' }, { time: 5, cluster: 'east' })`.
 */
export function auditEvent(raw: RawEvent = {}, over: Partial<AuditEvent> = {}): AuditEvent {
  const code = Number((raw.responseStatus ?? {})['code'] ?? 0);
  const base = code === 401 || code === 403 ? { ...DEFAULTS, annotations: {} } : DEFAULTS;
  return { ...fromRaw({ ...base, ...raw }), ...over };
}

/** The event exactly as a line of an audit log has it, without any default. */
const auditEventFromLine = (line: string): AuditEvent => fromRaw(JSON.parse(line) as RawEvent);

/** The events of a JSON-lines file, in its order. */
export const auditEventsFromFile = (path: string | URL): AuditEvent[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(auditEventFromLine);

/** Microseconds of an RFC 3339 time in UTC with up to six decimals. */
export function microsOf(text: string): Micros {
  const [, seconds, fraction = ''] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(text) ?? [];
  return seconds === undefined ? 0 : Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

function fromRaw(raw: RawEvent): AuditEvent {
  const status = raw.responseStatus ?? {};
  const code = Number(status['code'] ?? 0);
  const stage = (raw.stage ?? '') as Stage;
  const annotations = new Map(Object.entries(raw.annotations ?? {}));
  const decision = annotations.get('authorization.k8s.io/decision');
  const object = objectOf(raw.objectRef);
  const ips = raw.sourceIPs ?? [];
  return {
    cluster: '',
    time: microsOf(raw.stageTimestamp ?? raw.requestReceivedTimestamp ?? ''),
    received: undefined,
    auditId: raw.auditID ?? '',
    stage,
    level: (raw.level ?? '') as Level,
    verb: raw.verb ?? '',
    uri: raw.requestURI ?? '',
    code,
    statusReason: textOf(status['reason']),
    statusMessage: textOf(status['message']),
    user: userOf(raw.user),
    impersonated: raw.impersonatedUser === undefined ? undefined : userOf(raw.impersonatedUser),
    sourceIps: ips,
    peer: ips.at(-1) ?? '',
    userAgent: raw.userAgent ?? '',
    object,
    resource: object === undefined ? '' : object.resource + (object.subresource === '' ? '' : `/${object.subresource}`),
    decision: decision === 'allow' || decision === 'forbid' ? decision : '',
    decisionReason: annotations.get('authorization.k8s.io/reason') ?? '',
    outcome: outcomeOf(code, stage),
    denial: denialOf(code, decision),
    final: stage === 'ResponseComplete' || stage === 'Panic' || (stage === 'ResponseStarted' && code === 401),
    reusedAuditId: false,
    cutShort: false,
    flaws: [],
    annotation: (name) => annotations.get(name) ?? '',
    requestObject: bare(raw.requestObject),
    responseObject: bare(raw.responseObject),
    bodiesMayHold(this: AuditEvent, texts) {
      const bodies = [this.requestObject, this.responseObject].filter((body) => body !== undefined);
      return bodies.length === 0 || texts.some((text) => JSON.stringify(bodies).includes(text));
    },
  };
}

function outcomeOf(code: number, stage: Stage): Outcome {
  if (stage === 'Panic' || code >= 400) return 'failure';
  return code === 0 ? 'unknown' : 'success';
}

function denialOf(code: number, decision: string | undefined): Denial | undefined {
  if (code === 401) return 'authentication';
  if (code !== 403) return undefined;
  return decision === 'allow' ? 'admission' : 'authorization';
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const userOf = (raw: RawUser = {}): User => ({
  name: raw.username ?? '',
  uid: raw.uid ?? '',
  groups: raw.groups ?? [],
  extra: new Map(Object.entries(raw.extra ?? {})),
});

const objectOf = (ref: RawEvent['objectRef']): ObjectRef | undefined =>
  ref && {
    resource: textOf(ref['resource']),
    subresource: textOf(ref['subresource']),
    namespace: textOf(ref['namespace']),
    name: textOf(ref['name']),
    apiGroup: textOf(ref['apiGroup']),
    apiVersion: textOf(ref['apiVersion']),
  };

/** The same data with null prototypes, as the real decoder gives it. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, each] of Object.entries(value)) copy[name] = bare(each);
  return copy;
}
