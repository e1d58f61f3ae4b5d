import { agentOf, CONTROL_PLANE_IP, type Cluster } from '../cluster.ts';
import { ask, informer, say } from '../request.ts';
import { account, user, type Who } from '../who.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

const CONTROLLERS =
  'deployment-controller replicaset-controller statefulset-controller daemon-set-controller job-controller cronjob-controller endpointslice-controller endpoint-controller generic-garbage-collector namespace-controller node-controller resourcequota-controller horizontal-pod-autoscaler root-ca-cert-publisher service-account-controller ttl-after-finished-controller disruption-controller attachdetach-controller clusterrole-aggregation-controller certificate-controller'.split(
    ' ',
  );

export interface ControlPlane {
  readonly manager: Who;
  readonly scheduler: Who;
  readonly apiserver: Who;
  readonly controller: (name: string) => Who;
}

/**
 * The control plane: the bulk of any log. The API server's own client, the scheduler and the controller manager, whose loops each act as
 * a service account of kube-system; informers over everything, secrets included; the garbage collector and the quota controller
 * walk through discovery every half minute; the namespace controller lists secrets of namespaces that go.
 */
export function controlPlane(cluster: Cluster, bulk: number): ControlPlane {
  const { world } = cluster;
  const persona = 'control plane';
  const manager = user(
    world,
    persona,
    'system:kube-controller-manager',
    [],
    CONTROL_PLANE_IP,
    `${agentOf('kube-controller-manager')}/kube-controller-manager`,
  );
  const scheduler = user(
    world,
    persona,
    'system:kube-scheduler',
    [],
    CONTROL_PLANE_IP,
    `${agentOf('kube-scheduler')}/scheduler`,
  );
  const apiserver: Who = {
    json: `"user":{"username":"system:apiserver","uid":"${world.uuid()}","groups":["system:authenticated","system:masters"]},"sourceIPs":["::1"],"userAgent":"${agentOf('kube-apiserver')}"`,
    reason: '""',
    name: 'system:apiserver',
    persona,
  };
  const loops = new Map(
    CONTROLLERS.map((name) => [
      name,
      account(
        world,
        persona,
        'kube-system',
        name,
        CONTROL_PLANE_IP,
        `${agentOf('kube-controller-manager')}/system:serviceaccount:kube-system:${name}`,
      ),
    ]),
  );
  const controller = (name: string): Who => loops.get(name)!;
  const watched =
    'pods services endpoints secrets configmaps nodes namespaces serviceaccounts persistentvolumes persistentvolumeclaims deployments replicasets statefulsets daemonsets jobs cronjobs clusterroles clusterrolebindings roles rolebindings ingresses poddisruptionbudgets endpointslices horizontalpodautoscalers certificatesigningrequests';
  for (const resource of watched.split(' ')) {
    world.spawn(informer(world, manager, resource, '', { listFirst: false }), world.roll() * 9 * SECOND);
    if (!resource.startsWith('h'))
      world.spawn(informer(world, apiserver, resource, '', { listFirst: false }), world.roll() * 9 * SECOND);
  }
  for (const resource of [
    'pods',
    'nodes',
    'services',
    'persistentvolumes',
    'persistentvolumeclaims',
    'namespaces',
    'csinodes',
  ])
    world.spawn(informer(world, scheduler, resource, '', { listFirst: false }), world.roll() * 9 * SECOND);
  const plane = { manager, scheduler, apiserver, controller };
  world.spawn(rounds(cluster, plane), SECOND);
  world.spawn(reconciling(cluster, plane, bulk), SECOND);
  world.spawn(tokens(cluster, plane), SECOND);
  return plane;
}

/** Discovery by the garbage collector and the quota controller; health of API services. */
function* rounds({ world }: Cluster, { controller, apiserver }: ControlPlane): Story {
  for (;;) {
    for (const name of ['generic-garbage-collector', 'resourcequota-controller'])
      for (const path of ['/api', '/apis', '/api/v1', '/apis/metrics.k8s.io/v1beta1'])
        ask(world, controller(name), path);
    say(world, apiserver, 'get', 'namespaces', '', 'kube-system');
    yield 5 * MINUTE;
  }
}

/** The steady stream of status writes: so many microseconds from one to the next. */
function* reconciling(cluster: Cluster, { controller, scheduler, manager }: ControlPlane, pause: number): Story {
  const { world } = cluster;
  for (;;) {
    const { namespace, name, pods } = world.pick(cluster.apps);
    const roll = world.roll();
    if (roll < 0.25) say(world, controller('deployment-controller'), 'update', 'deployments/status', namespace, name);
    else if (roll < 0.4)
      say(world, controller('replicaset-controller'), 'update', 'replicasets/status', namespace, `${name}-7c9d`);
    else if (roll < 0.55)
      say(world, controller('endpointslice-controller'), 'update', 'endpointslices', namespace, `${name}-x2k`);
    else if (roll < 0.65)
      say(world, controller('node-controller'), 'patch', 'nodes/status', '', world.pick(cluster.nodes));
    else if (roll < 0.75)
      say(world, controller('horizontal-pod-autoscaler'), 'update', 'horizontalpodautoscalers/status', namespace, name);
    else if (roll < 0.8)
      say(world, controller('horizontal-pod-autoscaler'), 'list', 'pods.metrics', namespace, '', {
        query: `labelSelector=app%3D${name}`,
      });
    else if (roll < 0.85)
      say(world, scheduler, 'update', 'leases', 'kube-system', 'kube-scheduler', { query: 'timeout=5s' });
    else if (roll < 0.9)
      say(world, manager, 'update', 'leases', 'kube-system', 'kube-controller-manager', { query: 'timeout=5s' });
    else if (roll < 0.93) say(world, controller('generic-garbage-collector'), 'get', 'pods', namespace, pods[0], {});
    else if (roll < 0.96)
      say(world, controller('resourcequota-controller'), 'update', 'resourcequotas/status', namespace, 'default');
    else say(world, cluster.kubeletOf(world.pick(cluster.nodes)), 'patch', 'pods/status', namespace, pods[0]);
    yield pause * (0.5 + world.roll());
  }
}

/** The controller manager mints a token for each of its loops every hour or so. */
function* tokens({ world }: Cluster, { manager }: ControlPlane): Story {
  for (;;) {
    for (const name of CONTROLLERS)
      say(world, manager, 'create', 'serviceaccounts/token', 'kube-system', name, {
        notes: { 'authentication.kubernetes.io/issued-credential-id': `JTI=${world.uuid()}` },
      });
    yield 50 * MINUTE;
  }
}
