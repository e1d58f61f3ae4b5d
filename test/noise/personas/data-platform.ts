import type { Cluster } from '../cluster.ts';
import { say, stream } from '../request.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Data people's machinery, all of it Python: Airflow makes a pod for each task, watches it, reads its log, and fetches the result by
 * a command in its sidecar, over a websocket; JupyterHub makes a pod, a claim and a secret for whoever starts a notebook.
 */
export function dataPlatform(cluster: Cluster): void {
  const { world } = cluster;
  const agent = 'OpenAPI-Generator/31.0.0/python';
  const airflow = cluster.operator({
    persona: 'Airflow',
    namespace: 'airflow',
    account: 'airflow-worker',
    agent,
    watches: ['pods airflow'],
  });
  const hub = cluster.operator({
    persona: 'JupyterHub',
    namespace: 'jupyter',
    account: 'hub',
    agent,
    watches: ['pods jupyter', 'events jupyter'],
  });
  world.spawn(tasks());
  world.spawn(notebooks(), MINUTE);

  function* tasks(): Story {
    for (;;) {
      const pod = `extract-${world.suffix(8)}`;
      say(world, airflow, 'create', 'pods', 'airflow', pod, {
        body: {
          kind: 'Pod',
          metadata: { name: pod },
          spec: {
            containers: [
              { name: 'base', image: 'etl:3' },
              { name: 'airflow-xcom-sidecar', image: 'alpine' },
            ],
          },
        },
      });
      yield world.between(10, 100) * SECOND;
      say(world, airflow, 'get', 'pods/log', 'airflow', pod, { query: 'container=base&follow=true' });
      yield* stream(world, airflow, 'get', 'pods/exec', 'airflow', pod, SECOND, {
        query:
          'command=%2Fbin%2Fsh&command=-c&command=if+%5B+-s+%2Fairflow%2Fxcom%2Freturn.json+%5D%3B+then+cat+%2Fairflow%2Fxcom%2Freturn.json%3B+else+echo+__airflow_xcom_result_empty__%3B+fi&container=airflow-xcom-sidecar&stderr=True&stdin=True&stdout=True&tty=False',
        code: 101,
      });
      say(world, airflow, 'delete', 'pods', 'airflow', pod);
      yield world.between(2, 15) * MINUTE;
    }
  }

  function* notebooks(): Story {
    for (;;) {
      const name = `jupyter-${world.suffix(6)}`;
      say(world, hub, 'create', 'secrets', 'jupyter', name);
      say(world, hub, 'create', 'persistentvolumeclaims', 'jupyter', `claim-${name}`);
      say(world, hub, 'create', 'pods', 'jupyter', name);
      yield world.between(10, 90) * MINUTE;
      say(world, hub, 'delete', 'pods', 'jupyter', name);
      say(world, hub, 'delete', 'secrets', 'jupyter', name);
    }
  }
}
