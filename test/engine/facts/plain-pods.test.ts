import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import type { AuditEvent } from '../../../src/model/index.ts';
import { auditEvent } from '../../support/event.ts';

const pod = (name: string, spec: object): AuditEvent =>
  auditEvent({
    verb: 'create',
    objectRef: { resource: 'pods', namespace: 'dev', name, apiVersion: 'v1' },
    requestURI: '/api/v1/namespaces/dev/pods',
    responseStatus: { code: 201 },
    requestObject: { kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: 'dev' }, spec },
  });

const container = fc.record(
  {
    name: fc.constantFrom('main', 'host', 'privileged'),
    image: fc.constantFrom('nginx', 'busybox'),
    securityContext: fc.record(
      {
        privileged: fc.boolean(),
        procMount: fc.constantFrom('Default', 'Unmasked'),
        capabilities: fc.record({ add: fc.subarray(['SYS_ADMIN', 'NET_BIND_SERVICE']) }),
        runAsNonRoot: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['name'] },
);
const daring = fc.record(
  {
    containers: fc.array(container, { maxLength: 2 }),
    initContainers: fc.array(container, { maxLength: 1 }),
    hostPID: fc.boolean(),
    hostNetwork: fc.boolean(),
    serviceAccountName: fc.constantFrom('default', 'builder'),
    volumes: fc.array(
      fc.oneof(fc.constant({ name: 'v', emptyDir: {} }), fc.constant({ name: 'v', hostPath: { path: '/' } })),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['containers'] },
);

const spec = fc.oneof(fc.constant({ containers: [{ name: 'main', image: 'nginx' }] }), daring);

it('a pod that is told to be plain without parsing leaves what a parsed one leaves', () => {
  let plain = 0;
  let kept = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), spec), { minLength: 1, maxLength: 6 }), (pods) => {
      const [quick, thorough] = [
        new ClusterFacts({ budgetBytes: 1 << 20 }),
        new ClusterFacts({ budgetBytes: 1 << 20 }),
      ];
      for (const [name, each] of pods) {
        const event = pod(name, each);
        if (!event.bodiesMayHold(['host', 'privileged', 'procMount', 'capabilities', 'serviceAccount'])) plain += 1;
        quick.learn(event);
        thorough.learn({ ...event, bodiesMayHold: () => true });
      }
      for (const name of ['a', 'b']) {
        if (thorough.pod('dev', name)) kept += 1;
        expect(quick.pod('dev', name)).toEqual(thorough.pod('dev', name));
      }
    }),
  );
  expect(plain).toBeGreaterThan(0);
  expect(kept).toBeGreaterThan(0);
});
