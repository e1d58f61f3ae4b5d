import { namelessAgent, type Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { Pod } from '../who.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * GitHub's runner controller: for each job a runner pod with a secret of its own. In container mode that pod, with its own token and a
 * JavaScript client that gives no name, makes the job's pod, copies files into it and runs each step's script there.
 */
export function actionsRunners(cluster: Cluster): void {
  const { world } = cluster;
  const namespace = 'arc-runners';
  const controller = cluster.operator({
    persona: 'Actions runners',
    namespace: 'arc-systems',
    account: 'arc-controller',
    agent: namelessAgent('manager'),
    watches: ['pods', `secrets ${namespace}`, 'serviceaccounts', 'roles', 'rolebindings'],
  });
  const runner = new Pod(world, 'Actions runners', namespace, 'linux-kube-mode', '', cluster.nodes);
  world.spawn(jobs());

  function* jobs(): Story {
    for (;;) {
      runner.restart();
      const name = `linux-${world.suffix()}-runner-${world.suffix()}`;
      say(world, controller, 'create', 'secrets', namespace, name);
      say(world, controller, 'create', 'pods', namespace, name);
      yield 5 * SECOND;
      const job = `${name}-workflow`;
      say(world, runner, 'create', 'selfsubjectaccessreviews');
      say(world, runner, 'list', 'secrets', namespace, '', { query: `labelSelector=runner-pod%3D${name}` });
      say(world, runner, 'create', 'pods', namespace, job);
      for (let step = 0; step < world.count(2, 8); step += 1)
        yield* stream(world, runner, 'get', 'pods/exec', namespace, job, world.between(1, 60) * SECOND, {
          query: `command=sh&command=-e&command=%2F__w%2F_temp%2F${world.suffix(8)}.sh&container=job&stderr=true&stdin=false&stdout=true&tty=false`,
          code: 101,
        });
      for (const [resource, which] of [
        ['pods', job],
        ['pods', name],
        ['secrets', name],
      ] as const)
        say(world, resource === 'pods' && which === job ? runner : controller, 'delete', resource, namespace, which);
      yield world.between(2, 20) * MINUTE;
    }
  }
}
