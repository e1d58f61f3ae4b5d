import type { AuditEvent, Issued } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { markedCredential } from '../decode/certificate-mark.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { identityOf } from './identity.ts';
import { at, textOf } from './shape.ts';

/** On the request that made a token, and in the user of every request that uses it. */
const ISSUED = 'authentication.kubernetes.io/issued-credential-id';
const CREDENTIAL = 'authentication.kubernetes.io/credential-id';
/** On every request with a token out of a secret: the account, and the secret's name. */
const LEGACY = 'authentication.k8s.io/legacy-token';
const LEGACY_SECRET = 'authentication.k8s.io/legacy-token-manual-secret';
const TOKEN_SECRET = 'kubernetes.io/service-account-token';
const OF_ACCOUNT = 'kubernetes.io/service-account.name';

type Row = readonly [by: string, label: string, forUser: string, at: number, peer: string];

/**
 * Who asked for which credential, for whom, and from where. Service account tokens by TokenRequest (told by the id that the API server
 * gives the token), or by making a secret for one (told by the secret's name; its body must be logged). Client certificates by
 * a CertificateSigningRequest (told by the certificate's id, once a signer has written it; bodies must be logged). What the
 * cluster's own parts ask for is their business: kubelets do it for every pod.
 */
export class IssuedFacts {
  readonly table: BoundedTable;

  constructor(budgetBytes: number) {
    this.table = new BoundedTable('issued', budgetBytes);
  }

  of(event: AuditEvent): Issued | undefined {
    this.table.settle();
    const key = usedBy(event);
    const text = key === undefined ? undefined : this.table.get(key);
    if (text === undefined) return undefined;
    const [by, label, forUser, time, peer] = JSON.parse(text) as Row;
    return { by, label, forUser: forUser || event.user.name, at: time, peer };
  }

  learn(event: AuditEvent): void {
    this.table.settle();
    if (event.resource === 'certificatesigningrequests/status') return this.#certify(event);
    const { key: by, class: actor, label } = identityOf(event);
    if (actor === 'control-plane' || actor === 'node') return;
    const made = MADE.get(event.resource)?.(event);
    if (made === undefined) return;
    const row: Row = [by, label, made.forUser, event.time, event.peer.slice(0, 64)];
    this.table.set(made.key, JSON.stringify(row), 'major');
  }

  /** A signer writes the certificate into the request for it: from now on its id leads to who asked. */
  #certify(event: AuditEvent): void {
    const request = requestKey(event.object?.name ?? '');
    const row = request === undefined ? undefined : this.table.get(request);
    if (row === undefined) return;
    for (const body of [event.responseObject, event.requestObject]) {
      const id = markedCredential(textOf(at(body, 'status', 'certificate')));
      if (id !== undefined) {
        this.table.set(objectKey('', id)!, row, 'major');
        return;
      }
    }
  }

  restore(key: string, value: string): void {
    this.table.restore(key, value);
  }

  collect(put: PutRow): void {
    this.table.settle();
    this.table.collect(put);
  }
}

interface Made {
  readonly key: string;
  readonly forUser: string;
}

const accountName = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;

function tokenMade(event: AuditEvent): Made | undefined {
  const key = objectKey('', event.annotation(ISSUED));
  const { namespace = '', name = '' } = event.object ?? {};
  return key === undefined ? undefined : { key, forUser: accountName(namespace, name) };
}

function secretMade(event: AuditEvent): Made | undefined {
  if (!event.bodiesMayHold([TOKEN_SECRET])) return undefined;
  const body = event.requestObject;
  if (at(body, 'type') !== TOKEN_SECRET) return undefined;
  const namespace = event.object?.namespace ?? '';
  const key = objectKey(namespace, event.object?.name || textOf(at(body, 'metadata', 'name')));
  const account = textOf(at(body, 'metadata', 'annotations', OF_ACCOUNT)).slice(0, 253);
  return key === undefined || namespace === '' || account === ''
    ? undefined
    : { key, forUser: accountName(namespace, account) };
}

/** The user that a certificate is for is not in the audit log, only in the request itself: whoever uses it tells. */
function certificateAsked(event: AuditEvent): Made | undefined {
  if (event.verb !== 'create') return undefined;
  const name = event.object?.name || textOf(at(event.responseObject, 'metadata', 'name'));
  const key = requestKey(name || textOf(at(event.requestObject, 'metadata', 'name')));
  return key === undefined ? undefined : { key, forUser: '' };
}

/** No credential's id begins so. */
const requestKey = (name: string): string | undefined => (name === '' ? undefined : objectKey('', `request ${name}`));

const MADE: ReadonlyMap<string, (event: AuditEvent) => Made | undefined> = new Map([
  ['secrets', secretMade],
  ['serviceaccounts/token', tokenMade],
  ['certificatesigningrequests', certificateAsked],
]);

function usedBy(event: AuditEvent): string | undefined {
  const id = event.user.extra.get(CREDENTIAL)?.[0];
  if (id !== undefined) return objectKey('', id);
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(event.annotation(LEGACY));
  return account ? objectKey(account[1]!, event.annotation(LEGACY_SECRET)) : undefined;
}
