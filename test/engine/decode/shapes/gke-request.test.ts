import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gkeRequest } from '../../../../src/engine/decode/shapes/gke-request.ts';

describe('gkeRequest', () => {
  it.each([
    ['io.k8s.core.v1.pods.list', 'core/v1/pods', '/api/v1/pods', ['pods', undefined, undefined, undefined, 'v1']],
    [
      'io.k8s.core.v1.pods.get',
      'core/v1/namespaces/dev/pods/a',
      '/api/v1/namespaces/dev/pods/a',
      ['pods', 'dev', 'a', undefined, 'v1'],
    ],
    [
      'io.k8s.core.v1.pods.exec.create',
      'core/v1/namespaces/dev/pods/a/exec',
      '/api/v1/namespaces/dev/pods/a/exec',
      ['pods', 'dev', 'a', undefined, 'v1', 'exec'],
    ],
    [
      'io.k8s.authorization.rbac.v1.clusterrolebindings.create',
      'rbac.authorization.k8s.io/v1/clusterrolebindings/a',
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/a',
      ['clusterrolebindings', undefined, 'a', 'rbac.authorization.k8s.io', 'v1'],
    ],
    [
      'io.gke.networking.v1beta2.managedcertificates.deletecollection',
      'networking.gke.io/v1beta2/namespaces/dev/managedcertificates',
      '/apis/networking.gke.io/v1beta2/namespaces/dev/managedcertificates',
      ['managedcertificates', 'dev', undefined, 'networking.gke.io', 'v1beta2'],
    ],
    [
      'io.k8s.core.v1.namespaces.list',
      'core/v1/namespaces',
      '/api/v1/namespaces',
      ['namespaces', undefined, undefined, undefined, 'v1'],
    ],
    [
      'io.k8s.core.v1.namespaces.get',
      'core/v1/namespaces/dev',
      '/api/v1/namespaces/dev',
      ['namespaces', 'dev', 'dev', undefined, 'v1'],
    ],
    [
      'io.k8s.core.v1.namespaces.finalize.update',
      'core/v1/namespaces/dev/finalize',
      '/api/v1/namespaces/dev/finalize',
      ['namespaces', 'dev', 'dev', undefined, 'v1', 'finalize'],
    ],
    [
      'io.k8s.core.v1.nodes.proxy.get',
      'core/v1/nodes/n1/proxy/run/dev/a?b',
      '/api/v1/nodes/n1/proxy/run/dev/a%3Fb',
      ['nodes', undefined, 'n1', undefined, 'v1', 'proxy'],
    ],
    ['io.k8s.get', 'readyz', '/readyz', undefined],
    ['io.k8s.get', '/apis/apps/v1', '/apis/apps/v1', undefined],
    ['io.k8s.get', 'openapi/v3/apis/apps/v1', '/openapi/v3/apis/apps/v1', undefined],
    ['io.k8s.get', '', undefined, undefined],
  ] as const)('reads %s of %s', (method, resourceName, uri, object) => {
    const [resource, namespace, name, apiGroup, apiVersion, subresource] = object ?? [];
    expect(gkeRequest(method, resourceName)).toEqual({
      verb: method.slice(method.lastIndexOf('.') + 1),
      uri,
      object: object && { resource, namespace, name, apiGroup, apiVersion, subresource },
    });
  });

  it('never throws, and gives what the path of any request says', () => {
    const part = fc.stringMatching(/^[a-z0-9.-]{1,12}$/);
    fc.assert(
      fc.property(part, part, part, fc.boolean(), (namespace, resource, name, isCore) => {
        fc.pre(resource !== 'status' && resource !== 'finalize');
        const path = `namespaces/${namespace}/${resource}/${name}`;
        const group = isCore ? 'core' : 'apps';
        const read = gkeRequest(`io.k8s.${group}.v1.${resource}.get`, `${group}/v1/${path}`);
        expect(read.object).toMatchObject({ namespace, resource, name });
        expect(read.uri).toBe(isCore ? `/api/v1/${path}` : `/apis/apps/v1/${path}`);
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (method, name) => typeof gkeRequest(method, name).verb === 'string'),
    );
  });
});
