import { describe, expect, test } from 'vitest';
import { commandOf } from '../../../src/engine/facts/command.ts';
import { reachedBy } from '../../../src/engine/facts/reached.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

const proxied = (resource: 'nodes' | 'pods' | 'services', name: string, path: string, raw: RawEvent = {}) =>
  auditEvent({
    requestURI: `/api/v1/${resource === 'nodes' ? '' : 'namespaces/web/'}${resource}/${name}/proxy/${path}`,
    objectRef: { resource, subresource: 'proxy', name, ...(resource !== 'nodes' && { namespace: 'web' }) },
    ...raw,
  });
const node = (path: string, raw: RawEvent = {}) => proxied('nodes', 'node-1', path, raw);

describe('what a proxied request is after', () => {
  test.each([
    ['metrics', undefined],
    ['metrics/cadvisor', undefined],
    ['metrics/', undefined],
    ['stats/summary', undefined],
    ['healthz', undefined],
    ['pods', 'inventory'],
    ['runningpods/', 'inventory'],
    ['configz', 'inventory'],
    ['logs/', 'logs'],
    ['logs/?query=kubelet', 'logs'],
    ['containerLogs/kube-system/x/y', 'logs'],
    ['run/data/db-0/db?cmd=id', 'command'],
    ['RUN/data/db-0/db?cmd=id', 'command'],
    ['exec/data/db-0/db?command=id', 'command'],
    ['portForward/data/db-0', 'command'],
    ['cri/exec/abc', 'command'],
    ['/run/data/db-0/db?cmd=id', 'command'],
    ['metrics/../run/data/db-0/db', 'command'],
    ['metrics/%2e%2e/%72un/data/db-0/db', 'command'],
    ['./x/../exec/a/b/c', 'command'],
    ['', 'other'],
    ['anything', 'other'],
  ] as const)('kubelet of a node: %s is %s', (path, aim) => {
    expect(reachedBy(node(path))?.aim).toBe(aim);
  });

  test.each([
    ['services', 'http:grafana:80', 'd/abc', 'other', ''],
    ['services', 'grafana', 'metrics', undefined, undefined],
    ['pods', 'kube-dns:9153', 'metrics', undefined, undefined],
    ['pods', 'http:cart:8080', 'actuator/heapdump', 'sensitive', 'actuator/heapdump'],
    ['pods', 'http:cart:8080', 'debug/pprof/heap', 'sensitive', 'debug/pprof'],
    ['services', 'web', '.git/config', 'sensitive', '.git'],
    ['services', 'etcd:2379', 'v3/kv/range', 'sensitive', 'port 2379'],
    ['nodes', 'http:node-1:2379', 'metrics', 'sensitive', 'port 2379'],
    ['nodes', 'https:node-1:10250', 'run/a/b/c', 'command', 'a kubelet command'],
    ['pods', 'https:agent:10250', 'run/a/b/c', 'command', 'a kubelet command'],
    ['services', 'https:kubelet:10250', 'exec/a/b/c', 'command', 'a kubelet command'],
    ['services', 'https:kubelet:10250', 'metrics/cadvisor', undefined, undefined],
    ['services', 'https:kubelet:10250', 'x', 'sensitive', "the kubelet's port 10250"],
    ['services', 'x', 'run/a/b/c', 'other', ''],
    ['services', 'x', 'proxy/nodes/n/proxy/metrics', 'other', ''],
  ] as const)('%s %s: %s', (resource, name, path, aim, because) => {
    const reached = reachedBy(proxied(resource, name, path));
    expect([reached?.aim, reached?.because]).toEqual([aim, because]);
  });

  test('a write to a page of metrics is no look at it', () => {
    expect(reachedBy(node('metrics', { verb: 'create' }))?.aim).toBe('other');
    expect(reachedBy(proxied('pods', 'push', 'metrics/job/x', { verb: 'create' }))?.aim).toBe('other');
  });
});

describe('where a request ends up', () => {
  test('is the pod, without what was generated, also behind a kubelet', () => {
    expect(reachedBy(node('run/data/cart-7b58646b7b-2fszk/c?cmd=id'))).toEqual({
      namespace: 'data',
      name: 'cart-7b58646b7b-2fszk',
      workload: 'cart',
      isPod: true,
      aim: 'command',
      because: 'a kubelet command',
      hasTerminal: false,
    });
    expect(reachedBy(proxied('services', 'https:api-0:443', 'x'))).toMatchObject({
      namespace: 'web',
      name: 'api-0',
      workload: 'api-0',
      isPod: false,
    });
    expect(reachedBy(proxied('pods', 'api-0:80', 'x'))).toMatchObject({ name: 'api-0', workload: 'api', isPod: true });
  });

  const way = (subresource: string, raw: RawEvent = {}) =>
    auditEvent({
      requestURI: `/api/v1/namespaces/web/pods/db-0/${subresource}?command=sh&tty=true`,
      objectRef: { resource: 'pods', subresource, namespace: 'web', name: 'db-0' },
      ...raw,
    });

  test('is nowhere for what only looks, has only been received, or is of another kind', () => {
    for (const subresource of ['exec', 'attach', 'portforward', 'ephemeralcontainers'])
      expect(reachedBy(way(subresource, { verb: 'create' }))).toMatchObject({ workload: 'db', aim: undefined });
    expect(reachedBy(way('exec'))).toMatchObject({ hasTerminal: true });
    expect(reachedBy(way('exec', { requestURI: '/x?stty=true&tty=false' }))).toMatchObject({ hasTerminal: false });
    expect(reachedBy(way('ephemeralcontainers', { verb: 'get' }))).toBeUndefined();
    expect(reachedBy(way('exec', { stage: 'RequestReceived' }))).toBeUndefined();
    expect(reachedBy(way('log'))).toBeUndefined();
    expect(reachedBy(auditEvent())).toBeUndefined();
  });

  test('of hostile paths in linear time', () => {
    for (const piece of ['../', 'proxy/', '/', 'nodes/a/proxy', 'metrics/', 'a'])
      expect(reachedBy(node(piece.repeat(20_000)))).toBeDefined();
  });
});

test('the command of a debug container is in the body', () => {
  const debug = (requestObject: unknown) =>
    commandOf(
      auditEvent({
        verb: 'patch',
        objectRef: { resource: 'pods', subresource: 'ephemeralcontainers', namespace: 'web', name: 'db-0' },
        requestObject,
      }),
    );
  const shadow = { name: 'd', image: 'busybox', command: ['cat', '/etc/shadow'], args: ['-A'] };
  const before = { name: 'c', image: 'busybox', command: ['id'] };
  expect(debug({ spec: { ephemeralContainers: [before, shadow] } })).toMatchObject({
    line: 'cat /etc/shadow -A',
    traits: ['sensitive-file'],
  });
  expect(debug([{ op: 'add', path: '/spec/ephemeralContainers/-', value: shadow }])?.line).toBe('cat /etc/shadow -A');
  expect(debug([{ op: 'remove', path: '/spec/ephemeralContainers/0' }])).toBeUndefined();
  expect(debug({ spec: { ephemeralContainers: [{ name: 'd', image: 'busybox' }] } })).toBeUndefined();
  expect(debug(undefined)).toBeUndefined();
});
