import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import type { AuditEvent } from '../../../src/model/index.ts';
import { auditEvent } from '../../support/event.ts';

const NAMES = ['db-0', 'db'];
const RESOURCES = [
  { resource: 'pods', kind: 'Pod', apiGroup: '' },
  { resource: 'pods', kind: 'Pod', apiGroup: '', subresource: 'ephemeralcontainers' },
  { resource: 'statefulsets', kind: 'StatefulSet', apiGroup: 'apps' },
] as const;

const podSpec = fc.constantFrom<object>(
  { containers: [{ name: 'main' }] },
  { containers: [{ name: 'main', securityContext: { privileged: true } }] },
  { containers: [{ name: 'main' }], ephemeralContainers: [{ name: 'd', securityContext: { privileged: true } }] },
  { containers: [{ name: 'main' }], ephemeralContainers: [{ name: 'd' }] },
  { containers: [], serviceAccountName: 'builder' },
  { containers: [], hostPID: true },
  { replicas: 3 },
);

const seldom = fc.constantFrom(false, false, false, true);
const write = fc
  .record({
    place: fc.constantFrom(...RESOURCES),
    verb: fc.constantFrom('create', 'update', 'patch', 'delete', 'deletecollection'),
    name: fc.constantFrom(...NAMES),
    spec: podSpec,
    asked: fc.boolean(),
    answered: fc.boolean(),
    code: fc.constantFrom(200, 200, 201),
    isDryRun: seldom,
    isEnding: seldom,
    isHeld: seldom,
  })
  .map(({ place, verb, name, spec, asked, answered, code, isDryRun, isEnding, isHeld }): AuditEvent => {
    const { kind, ...ref } = place;
    const metadata = {
      name,
      namespace: 'dev',
      ...(isEnding && { deletionTimestamp: '2026-11-21T10:00:00Z' }),
      ...(isHeld && { finalizers: ['x'] }),
    };
    const whole = { kind, metadata, spec: kind === 'Pod' ? spec : { template: { spec } } };
    const patch = kind === 'Pod' ? { spec } : { spec: { template: { spec } } };
    return auditEvent({
      verb,
      objectRef: { ...ref, namespace: 'dev', ...(verb === 'deletecollection' ? {} : { name }) },
      requestURI: `/apis/x${isDryRun ? '?dryRun=All' : ''}`,
      responseStatus: { code },
      ...(asked && { requestObject: verb === 'patch' ? patch : whole }),
      ...(answered && {
        responseObject: verb === 'deletecollection' ? { kind: `${kind}List`, items: [whole] } : whole,
      }),
    });
  });

it('a write that is told to change nothing without reading it leaves what a read one leaves', () => {
  let unread = 0;
  let kept = 0;
  fc.assert(
    fc.property(fc.array(write, { minLength: 1, maxLength: 12 }), (writes) => {
      const [quick, thorough] = [0, 1].map(() => new ClusterFacts({ budgetBytes: 1 << 20 })) as [
        ClusterFacts,
        ClusterFacts,
      ];
      for (const event of writes) {
        let read = false;
        quick.learn({
          ...event,
          get requestObject() {
            read = true;
            return event.requestObject;
          },
          bodiesMayHold: (texts) => event.bodiesMayHold(texts),
        });
        if (!read) unread += 1;
        thorough.learn({ ...event, bodiesMayHold: () => true });
        for (const name of NAMES) {
          if (thorough.pod('dev', name)) kept += 1;
          expect(quick.pod('dev', name)).toEqual(thorough.pod('dev', name));
        }
      }
    }),
    { numRuns: 1_500 },
  );
  expect(unread).toBeGreaterThan(100);
  expect(kept).toBeGreaterThan(100);
});
