import { JsonView } from '../json-view.ts';
import { clusterName } from './cluster-name.ts';
import { eventText, textIn, type Part } from './event-text.ts';
import { gkeRequest, type GkeRequest } from './gke-request.ts';
import { gkeUsers } from './gke-user.ts';
import { httpOfGrpc } from './grpc-code.ts';
import type { Shape } from './shape.ts';

/** Subresources whose requests become a stream, which HTTP says with 101. */
const STREAMS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);
const ADDRESS = /^[\da-fA-F:.]{2,45}$/;
/** The name of a message type, which Google puts first into an object. */
const TYPE = /^\{\s*"@type"\s*:\s*"[^"\\]{0,256}"\s*(?:,|(?=\}))/;
const TYPE_WITHIN = 512;
const DECISION = 'authorization.k8s.io/decision';

/**
 * An entry of Cloud Audit Logs about a request to the API server of a GKE cluster. There is no audit event in it: one is written that
 * says the same. What the entry does not tell is absent: level, query, the time of receipt, the user's uid and credential.
 */
export const gkeCloudAudit: Shape = {
  id: 'gke-cloud-audit',
  title: 'GKE: an entry of Cloud Audit Logs',
  marks: ['protoPayload'],
  unwrap(value: JsonView) {
    const payload = value.at('protoPayload');
    if (payload === undefined || !isGkeRequest(payload)) return undefined;
    const method = textIn(payload, 'methodName') ?? '';
    if (!/[A-Za-z]$/.test(method)) return { broken: 'no methodName' };
    const { verb, uri, object } = gkeRequest(method, textIn(payload, 'resourceName') ?? '');
    const { user, impersonated } = gkeUsers(payload.at('authenticationInfo'));
    const address = textIn(payload, 'requestMetadata', 'callerIp') ?? '';
    const bytes = eventText([
      ['kind', 'Event'],
      ['apiVersion', 'audit.k8s.io/v1'],
      ['auditID', textIn(value, 'insertId')],
      ['stage', stageOf(value.at('operation'))],
      ['requestURI', uri],
      ['verb', verb],
      ['user', user && { ...user }],
      ['impersonatedUser', impersonated && { ...impersonated }],
      // Within Google's network there may be a word in its place.
      ['sourceIPs', ADDRESS.test(address) ? [address] : undefined],
      ['userAgent', textIn(payload, 'requestMetadata', 'callerSuppliedUserAgent')],
      ['objectRef', object && { ...object }],
      ['responseStatus', statusOf(payload, verb, object)],
      ['requestObject', bodyOf(payload.at('request'))],
      ['responseObject', bodyOf(payload.at('response'))],
      ['stageTimestamp', textIn(value, 'timestamp')],
      ['annotations', annotationsOf(value.at('labels'), payload)],
    ]);
    return { pieces: [{ bytes, cluster: clusterOf(value) }] };
  },
};

/** Whether an AuditLog is about a request to the API server of a cluster. */
export function isGkeRequest(payload: JsonView): boolean {
  const service = payload.at('serviceName');
  return service === undefined
    ? payload.at('methodName')?.text?.startsWith('io.k8s.') === true
    : service.text === 'k8s.io';
}

const clusterOf = (entry: JsonView): string | undefined => {
  const labels = entry.at('resource', 'labels');
  return labels === undefined ? undefined : clusterName(labels, 'cluster_name');
};

/** A request that takes long has an entry when it begins and one when it ends; any other has one that is first and last. */
function stageOf(operation: JsonView | undefined): string {
  return isTrue(operation?.at('first')) && !isTrue(operation?.at('last')) ? 'ResponseStarted' : 'ResponseComplete';
}

function statusOf(payload: JsonView, verb: string, object: GkeRequest['object']): Part {
  const status = payload.at('status');
  const told = status === undefined || status.isObject ? status?.at('code') : status;
  // What is left out is OK, as in all of Google's messages.
  const grpc = told === undefined ? 0 : told.number;
  const code = grpc === 0 ? successOf(verb, object) : failureOf(payload, grpc);
  return { metadata: {}, code, message: textIn(status, 'message') };
}

/** Every success is OK to gRPC. An object is made with 201; what a proxied server said is not known. */
function successOf(verb: string, object: GkeRequest['object']): number {
  const subresource = object?.subresource ?? '';
  if (STREAMS.has(subresource)) return 101;
  return verb === 'create' && object !== undefined && subresource !== 'proxy' ? 201 : 200;
}

/** Where the API server's own answer is in the entry it is more exact. */
function failureOf(payload: JsonView, grpc: number | undefined): number | undefined {
  const answer = payload.at('response');
  const code = answer?.at('status')?.text === 'Failure' ? answer.at('code')?.number : undefined;
  if (code !== undefined && Number.isInteger(code) && code >= 400 && code < 600) return code;
  return grpc === undefined ? undefined : httpOfGrpc(grpc);
}

/** Labels of an entry are the annotations of the event. Where none tells the decision, the authorization info may. */
function annotationsOf(labels: JsonView | undefined, payload: JsonView): Part {
  if (labels?.isObject === true && labels.members.has(DECISION)) return labels;
  const told = decisionIn(payload.at('authorizationInfo'));
  const rest = labels?.isObject === true ? labels : undefined;
  if (told === undefined) return rest;
  const head = Buffer.from(`{"${DECISION}":"${told}"${rest === undefined || rest.members.size === 0 ? '' : ','}`);
  return whole(Buffer.concat([head, rest?.raw.subarray(1) ?? Buffer.from('}')]));
}

/** Each permission must have been granted; whether one was may be untold. */
function decisionIn(permissions: JsonView | undefined): 'allow' | 'forbid' | undefined {
  let told: 'allow' | undefined;
  let isWhole = true;
  for (const permission of permissions?.elements() ?? []) {
    const granted = permission.at('granted');
    if (granted === undefined) isWhole = false;
    else if (!isTrue(granted)) return 'forbid';
    else told = 'allow';
  }
  return isWhole ? told : undefined;
}

/** An object of the request as it was sent. */
function bodyOf(body: JsonView | undefined): JsonView | undefined {
  if (body?.isObject !== true) return undefined;
  const { bytes, from, to } = body;
  const type = TYPE.exec(bytes.toString('latin1', from, Math.min(to, from + TYPE_WITHIN)));
  if (type === null) return body;
  return whole(Buffer.concat([Buffer.from('{'), bytes.subarray(from + type[0].length, to)]));
}

const whole = (bytes: Buffer): JsonView => new JsonView(bytes, 0, bytes.length);

const isTrue = (value: JsonView | undefined): boolean => value?.raw.toString('latin1') === 'true';
