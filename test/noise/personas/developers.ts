import { workingPause, type Cluster } from '../cluster.ts';
import { say } from '../request.ts';
import { DAY, MINUTE, SECOND, type Story } from '../world.ts';
import type { ControlPlane } from './control-plane.ts';
import { Kubectl } from './kubectl.ts';
import { rollout } from './workloads.ts';

const NAMES =
  'ada bola chidi dayo efe femi gozie halima ifeoma jide kemi lanre musa ngozi obi peju ronke sade tunde uche wale yemi zainab amara'.split(
    ' ',
  );
const ELSEWHERE = 'prod production staging defualt kube-sytem monitoring'.split(' ');

/**
 * Developers, bound to "edit" in two namespaces of their team and to nothing else: look at pods and logs, roll out, edit
 * configuration, open a shell in their own pod, forward a port to their own database, mistype, ask what they may do, look where
 * they may not. Once in a while they read a secret of their own to debug, copy a file, or attach a debug container in dev.
 */
export function developers(cluster: Cluster, plane: ControlPlane): void {
  const { world } = cluster;
  for (const [index, name] of NAMES.entries()) {
    const team = cluster.tenants[(2 * index) % cluster.tenants.length]!.split('-')[0]!;
    const office = `10.8.${index % 3}.${10 + index}`;
    const person = new Kubectl(
      world,
      'developers',
      `${name}@example.com`,
      [`team-${team}`, 'developers'],
      office,
      index % 4 === 0 ? 'kubectl/v1.29.2 (linux/amd64) kubernetes/4b8e819' : undefined,
    );
    // The last two are new: they begin on the second and third day.
    const joins = index < NAMES.length - 2 ? 0 : (index - NAMES.length + 3) * DAY;
    world.spawn(day(person, team), joins + world.until(7 + world.roll() * 3));
    world.spawn(moving(person, office), joins + world.until(7));
  }

  // Some days are spent at home, on trains and in hotels; machines and their kubectl are replaced.
  function* moving(person: Kubectl, office: string): Story {
    for (;;) {
      const agent = world.chance(0.1) ? 'kubectl/v1.34.1 (linux/amd64) kubernetes/93248f9' : undefined;
      if (world.chance(0.3)) person.move(`203.0.113.${world.count(2, 250)}`, agent);
      else person.move(office, agent);
      yield DAY * world.between(0.4, 0.6);
    }
  }

  function* day(person: Kubectl, team: string): Story {
    for (;;) {
      const namespace = `${team}-${world.chance(0.7) ? 'dev' : 'prod'}`;
      const app = world.pick(cluster.apps.filter((each) => each.namespace === namespace));
      const pod = world.pick(app.pods);
      const roll = world.roll();
      if (roll < 0.3) {
        person.get('pods', namespace);
        yield 5 * SECOND;
        person.describe(namespace, pod);
      } else if (roll < 0.5) yield* person.logs(namespace, pod, world.between(5, 200) * SECOND);
      else if (roll < 0.58) {
        person.do('patch', 'deployments', namespace, app.name, 'rollout');
        world.spawn(rollout(cluster, plane, app), 2 * SECOND);
      } else if (roll < 0.68)
        for (const resource of ['deployments', 'services', 'configmaps', 'ingresses'])
          person.apply(resource, namespace, app.name);
      else if (roll < 0.75) {
        const command = world.pick([
          ['sh'],
          ['bash'],
          ['sh', '-c', 'ls -la /app'],
          ['env'],
          ['python', 'manage.py', 'shell'],
          ['curl', '-s', 'http://localhost:8080/health'],
          ['ps', 'aux'],
          ['cat', '/etc/resolv.conf'],
        ]);
        yield* person.exec(namespace, pod, app.name, command, world.between(3, 600) * SECOND, command.length === 1);
      } else if (roll < 0.79) yield* person.forward(namespace, pod, world.between(1, 30) * MINUTE);
      else if (roll < 0.83) person.get('pods', world.pick(ELSEWHERE), '', 403);
      else if (roll < 0.86) person.get('deployments', namespace, `${app.name}s`, 404);
      else if (roll < 0.88)
        for (const verb of ['create', 'delete', 'get'])
          person.canI(verb, world.pick(['deployments', 'secrets', 'pods']), namespace);
      else if (roll < 0.905) {
        person.get('secrets', namespace);
        yield 6 * SECOND;
        const some = world.chance(0.2) ? 3 : 1;
        for (const secret of world.some(cluster.secretsOf(namespace).slice(0, 4), some))
          person.get('secrets', namespace, secret);
      } else if (roll < 0.92) {
        // "get all" where one may not: ten refusals in a row.
        const where = world.pick(cluster.tenants.filter((each) => !each.startsWith(team)));
        for (const kind of 'pods replicationcontrollers services daemonsets deployments replicasets statefulsets horizontalpodautoscalers cronjobs jobs'.split(
          ' ',
        ))
          person.get(kind, where, '', 403);
      } else if (roll < 0.935)
        yield* person.exec(namespace, pod, app.name, ['tar', 'cf', '-', '/app/logs'], 4 * SECOND);
      else if (roll < 0.945 && namespace.endsWith('dev')) {
        person.get('pods', namespace, pod);
        say(world, person.who, 'patch', 'pods/ephemeralcontainers', namespace, pod, {
          body: {
            spec: {
              ephemeralContainers: [
                {
                  name: `debugger-${world.suffix()}`,
                  image: 'busybox:1.36',
                  targetContainerName: app.name,
                  stdin: true,
                  tty: true,
                },
              ],
            },
          },
        });
      } else if (roll < 0.955)
        for (const kind of ['nodes', 'persistentvolumes', 'clusterroles']) person.get(kind, '', '', 403);
      else {
        person.get('events', namespace);
        person.get('configmaps', namespace, `${app.name}-config`);
        person.do('patch', 'configmaps', namespace, `${app.name}-config`, 'edit');
      }
      yield* workingPause(world, 2 * MINUTE, 25 * MINUTE);
    }
  }
}
