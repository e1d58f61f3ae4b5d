import { describe, expect, it } from 'vitest';
import { classOf } from '../../../../src/engine/facts/identity.ts';
import type { AuditEvent } from '../../../../src/model/index.ts';
import { microsOf } from '../../../support/event.ts';
import { gkeEntry } from './gke.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

/** The one event of an entry. */
function eventOf(...parts: Parameters<typeof gkeEntry>): AuditEvent {
  const { events, rejects } = read(gkeEntry(...parts));
  expect(rejects).toEqual([]);
  expect(events).toHaveLength(1);
  return events[0]!;
}

describe('gke-cloud-audit', () => {
  it('reads the sample: an event that says what the entry says', () => {
    const { events, shapes, rejects } = read(sampleOf('gke-cloud-audit.json'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['gke-cloud-audit', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'test-cluster',
        auditId: '1234abcd',
        verb: 'create',
        user: 'user@example.org',
        resource: 'pods/exec',
        namespace: 'default',
        name: 'nginx-pod',
        code: 101,
        stage: 'ResponseComplete',
        level: '',
      },
    ]);
    const [event] = events;
    expect(event!.time).toBe(microsOf('2025-07-13T08:38:39.127266Z'));
    expect(event!.uri).toBe('/api/v1/namespaces/default/pods/nginx-pod/exec');
    expect([event!.sourceIps, event!.userAgent]).toEqual([['67.43.156.1'], 'kubectl/v1.27.0']);
    expect([event!.decision, event!.outcome, event!.denial]).toEqual(['allow', 'success', undefined]);
    expect(event!.user.groups).toEqual(['system:authenticated']);
    expect([event!.impersonated, event!.final]).toEqual([undefined, true]);
  });

  it.each([
    [undefined, 200],
    [{}, 200],
    [{ code: 0 }, 200],
    [{ code: 3 }, 400],
    [{ code: 4 }, 504],
    [{ code: 5 }, 404],
    [{ code: 6 }, 409],
    [{ code: 7 }, 403],
    [{ code: '7' }, 403],
    [{ code: 8 }, 429],
    [{ code: 10 }, 409],
    [{ code: 13 }, 500],
    [{ code: 14 }, 503],
    [{ code: 16 }, 401],
    [{ code: 99 }, 0],
    [{ code: {} }, 0],
    [7, 403],
    ['no', 0],
  ])('takes status %j for %i', (status, code) => expect(eventOf({ status }).code).toBe(code));

  it.each([
    ['io.k8s.core.v1.pods.create', 'core/v1/namespaces/a/pods/b', 201],
    ['io.k8s.core.v1.pods.attach.create', 'core/v1/namespaces/a/pods/b/attach', 101],
    ['io.k8s.core.v1.pods.portforward.get', 'core/v1/namespaces/a/pods/b/portforward', 101],
    ['io.k8s.core.v1.services.proxy.create', 'core/v1/namespaces/a/services/b/proxy/x', 200],
    ['io.k8s.core.v1.pods.delete', 'core/v1/namespaces/a/pods/b', 200],
    ['io.k8s.post', 'apis', 200],
  ])('takes the success of %s for %i', (methodName, resourceName, code) =>
    expect(eventOf({ methodName, resourceName }).code).toBe(code),
  );

  it('takes the answer of the API server where it is in the entry, for a failure only', () => {
    const response = {
      '@type': 'core.k8s.io/v1.Status',
      kind: 'Status',
      status: 'Failure',
      code: 422,
      reason: 'Invalid',
    };
    expect(eventOf({ status: { code: 3 }, response }).code).toBe(422);
    expect(eventOf({ status: { code: 3 }, response: { ...response, code: 200 } }).code).toBe(400);
    expect(eventOf({ status: { code: 0 }, response }).code).toBe(200);
    expect(eventOf({ status: { code: 3 }, response: { ...response, status: 'Success' } }).code).toBe(400);
  });

  it.each([
    ['dev@example.org', 'human'],
    ['ci@p.iam.gserviceaccount.com', 'human'],
    ['system:serviceaccount:dev:etl', 'serviceaccount'],
    ['system:node:gke-1', 'node'],
    ['system:kube-scheduler', 'control-plane'],
    ['system:anonymous', 'anonymous'],
    ['system:node:', 'node-less'],
  ])('lets %s be told as %s', (principalEmail, actor) => {
    const { user } = eventOf({ authenticationInfo: { principalEmail } });
    expect(user.name).toBe(principalEmail);
    expect(classOf(user)).toBe(actor === 'node-less' ? 'human' : actor);
  });

  it('knows who asked without a principal, and as whom', () => {
    const selected = eventOf({ authenticationInfo: { authoritySelector: 'system:anonymous' } });
    expect([selected.user.name, classOf(selected.user), selected.impersonated]).toEqual([
      'system:anonymous',
      'anonymous',
      undefined,
    ]);
    const disguised = eventOf({
      authenticationInfo: { principalEmail: 'dev@example.org', authoritySelector: 'system:serviceaccount:dev:etl' },
    });
    expect([disguised.user.name, disguised.impersonated?.name]).toEqual([
      'dev@example.org',
      'system:serviceaccount:dev:etl',
    ]);
    const same = { principalEmail: 'a@example.org', authoritySelector: 'a@example.org' };
    expect(eventOf({ authenticationInfo: same }).impersonated).toBeUndefined();
    expect(eventOf({ authenticationInfo: { principalSubject: 'principal://x' } }).user.name).toBe('principal://x');
    const nobody = eventOf({ authenticationInfo: {}, status: { code: 16 } });
    expect([nobody.user.name, classOf(nobody.user), nobody.code]).toEqual(['', 'unauthenticated', 401]);
  });

  it('keeps through whom a Google service account was had', () => {
    const { user } = eventOf({
      authenticationInfo: {
        principalEmail: 'ci@p.iam.gserviceaccount.com',
        serviceAccountDelegationInfo: [
          { firstPartyPrincipal: { principalEmail: 'dev@example.org' } },
          { principalSubject: 'principal://x' },
          7,
        ],
      },
    });
    expect(user.extra.get('serviceAccountDelegationInfo')).toEqual(['dev@example.org', 'principal://x']);
  });

  it('tells the beginning of a long request from its end', () => {
    const stages = [{ first: true }, { last: true }, { first: true, last: true }, {}, undefined, 'x'].map(
      (operation) => eventOf({}, { operation }).stage,
    );
    expect(stages).toEqual(['ResponseStarted', ...Array.from({ length: 5 }, () => 'ResponseComplete')]);
  });

  it('takes the decision from labels, else from the authorization info', () => {
    const told = (labels: unknown, granted: readonly unknown[]): string =>
      eventOf({ authorizationInfo: granted.map((each) => ({ granted: each })) }, { labels }).decision;
    const forbid = { 'authorization.k8s.io/decision': 'forbid' };
    expect(told(forbid, [true])).toBe('forbid');
    expect(told({}, [true])).toBe('allow');
    expect(told({ a: 'b' }, [true, false])).toBe('forbid');
    expect(told(undefined, [true])).toBe('allow');
    expect([told({}, []), told({}, [undefined]), told('x', [])]).toEqual(['', '', '']);
    const { annotation } = { annotation: eventOf({ authorizationInfo: [{ granted: true }] }, { labels: { a: 'b' } }) };
    expect([annotation.annotation('a'), annotation.decision]).toEqual(['b', 'allow']);
    // Allowed, and refused all the same: by admission.
    expect(eventOf({ status: { code: 7 } }).denial).toBe('admission');
  });

  it('hands bodies on as they are, without the name of their type', () => {
    const spec = { containers: [{ name: 'a', image: 'b' }], hostPID: true };
    for (const request of [{ '@type': 'core.k8s.io/v1.Pod', spec }, { spec }, { '@type': 'x' }, {}])
      expect(JSON.parse(JSON.stringify(eventOf({ request }).requestObject))).toEqual('spec' in request ? { spec } : {});
    for (const request of [7, 'x', null, []]) expect(eventOf({ request }).requestObject).toBeUndefined();
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    const { events, rejects } = read(
      gkeEntry({ request: { '@type': 'x', here: 0 } }).replace('"here":0', `"here":${deep}`),
    );
    expect([events.length, rejects]).toEqual([1, []]);
  });

  it.each(['private', 'gce-internal-ip', '', 7, '10.0.0.1, 10.0.0.2'])('takes %j for no address', (callerIp) =>
    expect(eventOf({ requestMetadata: { callerIp } }).sourceIps).toEqual([]),
  );

  it('takes the cluster from the record, from the resource, or from configuration', () => {
    expect(read(gkeEntry(), { cluster: 'from-topic' }).events[0]!.cluster).toBe('from-topic');
    expect(eventOf().cluster).toBe('test-cluster');
    expect(eventOf({}, { resource: { labels: { cluster_name: 'a b' } } }).cluster).toBe('home');
    expect(eventOf({}, { resource: 7 }).cluster).toBe('home');
  });

  it('reads an entry without a service by its method, and rejects what it cannot', () => {
    expect(eventOf({ serviceName: undefined }).verb).toBe('get');
    expect(read(gkeEntry({ methodName: undefined })).rejects).toMatchObject([
      { shape: 'gke-cloud-audit', reason: 'no methodName' },
    ]);
    expect(read(gkeEntry({}, { timestamp: 'now' })).rejects).toMatchObject([
      { shape: 'gke-cloud-audit', reason: 'no usable time' },
    ]);
    expect(read(gkeEntry({ serviceName: undefined, methodName: 7 })).rejects).toMatchObject([{ shape: 'unknown' }]);
  });

  it('reads what `gcloud logging read` prints: an array of entries', () => {
    const { events, shapes } = read(`[\n  ${gkeEntry()},\n  ${gkeEntry({ status: { code: 7 } })}\n]\n`);
    expect(events.map(({ code }) => code)).toEqual([200, 403]);
    expect(shapes[1]).toEqual(['gke-cloud-audit', 'raw-event']);
  });
});
