import type { App, Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { DAY, MINUTE, SECOND, type Story } from '../world.ts';
import type { ControlPlane } from './control-plane.ts';
import { startPod } from './nodes.ts';

const podBody = (app: { name: string; namespace: string; account: string }, hash: string) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { generateName: `${app.name}-${hash}-`, labels: { app: app.name, 'pod-template-hash': hash } },
  spec: {
    containers: [{ name: app.name, image: `registry.example.com/${app.namespace}/${app.name}:1.4.2`, resources: {} }],
    serviceAccountName: app.account,
    restartPolicy: 'Always',
    securityContext: {},
  },
});

/** A new set of pods for a deployment: what the controllers, the scheduler and the kubelets write of it. */
export function* rollout(cluster: Cluster, plane: ControlPlane, app: App): Story {
  const { world } = cluster;
  const before = app.pods;
  cluster.redeploy(app);
  const hash = app.pods[0]!.split('-').at(-2)!;
  say(world, plane.controller('deployment-controller'), 'create', 'replicasets', app.namespace, `${app.name}-${hash}`);
  for (const [index, pod] of app.pods.entries()) {
    yield* newPod(cluster, plane, app, pod, hash);
    if (before[index] !== undefined)
      say(world, plane.controller('replicaset-controller'), 'delete', 'pods', app.namespace, before[index]);
    yield world.between(3, 10) * SECOND;
  }
}

function* newPod(
  cluster: Cluster,
  plane: ControlPlane,
  app: Pick<App, 'namespace' | 'name' | 'account'>,
  pod: string,
  hash: string,
  by = 'replicaset-controller',
): Story {
  const { world } = cluster;
  say(world, plane.controller(by), 'create', 'pods', app.namespace, '', { body: podBody(app, hash) });
  say(world, plane.scheduler, 'create', 'pods/binding', app.namespace, pod);
  say(world, plane.scheduler, 'create', 'events.k8s', app.namespace, `${pod}.18${world.suffix(8)}`);
  yield SECOND / 2;
  world.spawn(startPod(cluster, world.pick(cluster.nodes), app.namespace, pod, app.account));
}

/** Cron jobs of every team, each some minutes; finished jobs are cleared away. */
export function cronJobs(cluster: Cluster, plane: ControlPlane): void {
  const { world } = cluster;
  for (const namespace of cluster.tenants)
    for (const name of ['cleanup', 'sync'])
      world.spawn(cronJob(cluster, plane, namespace, name), world.roll() * 30 * MINUTE);
}

function* cronJob(cluster: Cluster, plane: ControlPlane, namespace: string, name: string): Story {
  const { world } = cluster;
  const every = world.pick([15, 30, 60]) * MINUTE;
  for (;;) {
    const job = `${name}-${Math.floor(world.now / MINUTE)}`;
    say(world, plane.controller('cronjob-controller'), 'create', 'jobs', namespace, job);
    say(world, plane.controller('cronjob-controller'), 'update', 'cronjobs/status', namespace, name);
    const pod = `${job}-${world.suffix()}`;
    yield* newPod(cluster, plane, { namespace, name, account: 'default' }, pod, job, 'job-controller');
    yield world.between(20, 200) * SECOND;
    say(world, plane.controller('job-controller'), 'update', 'jobs/status', namespace, job);
    say(world, plane.controller('ttl-after-finished-controller'), 'delete', 'jobs', namespace, job);
    say(world, plane.controller('generic-garbage-collector'), 'delete', 'pods', namespace, pod);
    yield every;
  }
}

/** Deployments that scale up and down with the day. */
export function scaling(cluster: Cluster, plane: ControlPlane): void {
  const { world } = cluster;
  world.spawn(scale(cluster, plane), MINUTE);
}

function* scale(cluster: Cluster, plane: ControlPlane): Story {
  const { world } = cluster;
  for (;;) {
    const app = world.pick(cluster.apps);
    say(world, plane.controller('horizontal-pod-autoscaler'), 'update', 'deployments/scale', app.namespace, app.name);
    const hash = world.suffix(9);
    yield* newPod(cluster, plane, app, `${app.name}-${hash}-${world.suffix()}`, hash);
    yield (DAY / 400) * (0.5 + world.roll());
  }
}
