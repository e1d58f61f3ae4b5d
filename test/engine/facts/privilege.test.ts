import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asksPrivilege, privilegeOf } from '../../../src/engine/facts/privilege.ts';
import { auditEventsFromFile } from '../../support/event.ts';

const container = (securityContext: unknown): unknown => ({ name: 'c', image: 'i', securityContext });
const hostPath = (path: string): unknown => ({ containers: [], volumes: [{ name: 'v', hostPath: { path } }] });

const CASES: readonly (readonly [why: string, spec: unknown, because: readonly string[]])[] = [
  ['plain', { containers: [container({ runAsUser: 0, allowPrivilegeEscalation: true })] }, []],
  ['privileged', { containers: [container({ privileged: true })] }, ['privileged container']],
  ['the word, not the truth', { containers: [container({ privileged: 'true' })] }, []],
  ['init', { containers: [], initContainers: [container({ privileged: true })] }, ['privileged init container']],
  ['ephemeral', { ephemeralContainers: [container({ privileged: true })] }, ['privileged ephemeral container']],
  ['the second one', { containers: [container({}), container({ privileged: true })] }, ['privileged container']],
  [
    'host namespaces',
    { hostPID: true, hostIPC: true, hostNetwork: true, containers: [] },
    ['hostPID', 'hostIPC', 'hostNetwork'],
  ],
  ['host namespaces refused', { hostPID: false, containers: [] }, []],
  ['the root', hostPath('/'), ['hostPath /']],
  ['the root in disguise', hostPath('//x/..//./'), ['hostPath /']],
  ['a socket', hostPath('/run/containerd/containerd.sock'), ['hostPath /run/containerd/containerd.sock']],
  ['some data', hostPath('/data'), ['hostPath /data']],
  ['the time zone', hostPath('/etc/localtime'), []],
  ['a way out of the harmless', hostPath('/etc/ssl/certs/../../shadow'), ['hostPath /etc/shadow']],
  ['a look-alike of the harmless', hostPath('/etc/localtime2'), ['hostPath /etc/localtime2']],
  ['other volumes', { containers: [], volumes: [{ emptyDir: {} }, { secret: { secretName: 's' } }, null, 7] }, []],
  [
    'capabilities',
    { containers: [container({ capabilities: { add: ['CAP_SYS_ADMIN', 'NET_BIND_SERVICE'] } })] },
    ['capability SYS_ADMIN'],
  ],
  ['all capabilities', { containers: [container({ capabilities: { add: ['all'] } })] }, ['capability ALL']],
  ['dropped capabilities', { containers: [container({ capabilities: { drop: ['ALL'] } })] }, []],
  ['the network of its own', { containers: [container({ capabilities: { add: ['NET_ADMIN'] } })] }, []],
  [
    'the network of the host',
    { hostNetwork: true, containers: [container({ capabilities: { add: ['NET_ADMIN'] } })] },
    ['hostNetwork', 'capability NET_ADMIN'],
  ],
  ['unmasked', { containers: [container({ procMount: 'Unmasked' })] }, ['unmasked /proc']],
  ['Windows', { containers: [container({ windowsOptions: { hostProcess: true } })] }, ['Windows host process']],
  [
    'Windows, the pod',
    { securityContext: { windowsOptions: { hostProcess: true } }, containers: [] },
    ['Windows host process'],
  ],
  ['a template', { metadata: {}, spec: { hostPID: true, containers: [] } }, ['hostPID']],
  [
    'a deployment',
    { kind: 'Deployment', spec: { replicas: 1, template: { spec: { hostPID: true, containers: [] } } } },
    ['hostPID'],
  ],
  [
    'a cron job',
    { spec: { jobTemplate: { spec: { template: { spec: { hostPID: true, containers: [] } } } } } },
    ['hostPID'],
  ],
  ['nothing', undefined, []],
  ['rubbish', { containers: 'x', volumes: { a: 1 }, initContainers: [null, [], 'y', { securityContext: [] }] }, []],
];

describe('the privileges of a pod', () => {
  test.each(CASES)('%s', (_, spec, because) => {
    expect(privilegeOf(spec)).toEqual({ privileged: because.length > 0, because });
  });

  test('many reasons become a number, and none prints what it should not', () => {
    const volumes = Array.from({ length: 50 }, (_, i) => ({
      hostPath: { path: `/x${i}/\u001b[31m${'y'.repeat(500)}` },
    }));
    const { because } = privilegeOf({ containers: [], volumes });
    expect(because).toHaveLength(8);
    expect(because.at(-1)).toBe('and 43 more');
    for (const reason of because) {
      expect(reason.length).toBeLessThan(130);
      expect(reason).toMatch(/^[ -~…]+$/);
    }
  });

  test('any JSON is judged without a throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { privileged, because } = privilegeOf(value);
        expect(privileged).toBe(because.length > 0);
      }),
    );
  });

  test('of the pods that an attacker made in a real cluster', () => {
    const events = auditEventsFromFile(new URL('../../fixtures/facts/writes.ndjson', import.meta.url));
    const told = new Map(
      events
        .filter((event) => event.resource === 'pods' && event.outcome === 'success' && event.verb === 'create')
        .map((event) => [event.object!.name, privilegeOf(event.requestObject).because.join(', ')]),
    );
    expect(Object.fromEntries([...told].filter(([name]) => name !== ''))).toEqual({
      'm-privileged': 'privileged container',
      'm-hostpath': 'hostPath /',
      'm-hostnet': 'hostNetwork',
      'm-hostpid': 'hostPID, hostIPC',
      'm-caps': 'capability SYS_ADMIN, capability SYS_PTRACE',
      'm-sockmount': 'hostPath /run/containerd/containerd.sock',
      'node-debugger-node-1-tl946': 'hostPID, hostIPC, hostNetwork, privileged container, hostPath /',
      'postgres-0': '',
      shell: '',
    });
  });
});

test.each<[boolean, string, unknown]>([
  [true, 'a merge patch', { spec: { ephemeralContainers: [container({ privileged: true })] } }],
  [true, 'a JSON patch', [{ op: 'add', path: '/spec/ephemeralContainers/-', value: container({ privileged: true }) }]],
  [true, 'a JSON patch of the context', [{ op: 'add', path: '/x', value: { privileged: true } }]],
  [false, 'a plain one', { spec: { ephemeralContainers: [container({ privileged: false })] } }],
  [false, 'another container', { spec: { containers: [container({ privileged: true })] } }],
  [false, 'no body', undefined],
])('a privileged debug container is asked for: %s in %s', (asks, _where, body) => {
  expect(asksPrivilege(body)).toBe(asks);
});

test('asking for privilege is read to a bounded depth', () => {
  let body: unknown = { privileged: true };
  for (let depth = 0; depth < 100_000; depth += 1) body = { spec: body };
  expect(asksPrivilege(body)).toBe(false);
});
