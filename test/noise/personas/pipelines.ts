import { namelessAgent, workingPause, type Cluster } from '../cluster.ts';
import { failedLogin, say, stream } from '../request.ts';
import { account, nobody, type Who } from '../who.ts';
import { HOUR, MINUTE, SECOND, type Story } from '../world.ts';

/**
 * Pipelines. GitLab's runner makes a secret, a config map and a pod for each job, attaches to it or runs each step's script in it, and
 * clears up. Jenkins does so over websockets with a Java client. Tekton makes pods from task runs with the service accounts'
 * secrets. Deploy jobs elsewhere use long-lived tokens with kubectl; one of them still has last year's token and tries again
 * and again.
 */
export function pipelines(cluster: Cluster): void {
  const { world } = cluster;
  const gitlab = cluster.operator({
    persona: 'GitLab',
    namespace: 'gitlab',
    account: 'gitlab-runner',
    agent: 'gitlab-runner 17.6.0 linux/amd64',
    watches: [],
  });
  const jenkins = cluster.operator({
    persona: 'Jenkins',
    namespace: 'jenkins',
    account: 'jenkins',
    agent: 'fabric8-kubernetes-client/6.10.0',
    watches: ['pods jenkins'],
  });
  const tekton = cluster.operator({
    persona: 'Tekton',
    namespace: 'tekton-pipelines',
    account: 'tekton-pipelines-controller',
    agent: 'tekton-pipelines-controller/v0.65.2 (linux/amd64) kubernetes/$Format',
    watches: 'pipelineruns taskruns pods configmaps'.split(' '),
  });
  world.spawn(building());
  world.spawn(jenkinsJobs(), MINUTE);
  world.spawn(tektonRuns(), MINUTE);
  for (const namespace of cluster.tenants.slice(0, 8))
    world.spawn(
      deploys(
        account(
          world,
          'deploy jobs',
          namespace,
          'ci',
          '198.51.100.41',
          'kubectl/v1.30.3 (linux/amd64) kubernetes/6fc0a69',
          'ci-token-x7f2k',
        ),
        namespace,
      ),
      world.until(8),
    );
  world.spawn(
    oldToken(nobody('expired tokens', '198.51.100.66', 'kubectl/v1.27.1 (linux/amd64) kubernetes/4c94112')),
    world.until(9),
  );
  world.spawn(laptops(), world.until(7));

  function* building(): Story {
    for (;;) {
      const pod = `runner-x2kd-project-${world.count(10, 99)}-concurrent-${world.count(0, 7)}-${world.suffix(8)}`;
      for (const [resource, name] of [
        ['secrets', `${pod}-token`],
        ['configmaps', `${pod}-scripts`],
        ['pods', pod],
      ] as const)
        say(
          world,
          gitlab,
          'create',
          resource,
          'gitlab',
          name,
          resource === 'pods'
            ? {
                body: {
                  kind: 'Pod',
                  metadata: { name: pod },
                  spec: {
                    containers: [
                      { name: 'build', image: 'docker:27', securityContext: {} },
                      { name: 'helper', image: 'gitlab-runner-helper' },
                    ],
                  },
                },
              }
            : {},
        );
      yield 8 * SECOND;
      for (const container of ['helper', 'build', 'helper']) {
        say(world, gitlab, 'get', 'pods', 'gitlab', pod);
        const isAttach = world.chance(0.7);
        yield* stream(
          world,
          gitlab,
          'create',
          isAttach ? 'pods/attach' : 'pods/exec',
          'gitlab',
          pod,
          world.between(5, 60) * SECOND,
          {
            query: `${isAttach ? '' : 'command=sh&command=-c&command=if+%5B+-x+%2Fusr%2Fbin%2Fbash+%5D%3B+then+exec+bash%3B+else+exec+sh%3B+fi&'}container=${container}&stdin=true&stdout=true&stderr=true`,
            code: 101,
          },
        );
      }
      for (const [resource, name] of [
        ['pods', pod],
        ['secrets', `${pod}-token`],
        ['configmaps', `${pod}-scripts`],
      ] as const)
        say(world, gitlab, 'delete', resource, 'gitlab', name);
      yield world.between(1, 8) * MINUTE;
    }
  }

  function* jenkinsJobs(): Story {
    for (;;) {
      const pod = `build-${world.suffix(5)}-${world.suffix(5)}`;
      say(world, jenkins, 'list', 'secrets', 'jenkins', '', { query: 'labelSelector=jenkins.io%2Fcredentials-type' });
      say(world, jenkins, 'create', 'pods', 'jenkins', pod, {
        body: {
          kind: 'Pod',
          metadata: { name: pod },
          spec: {
            containers: [
              { name: 'jnlp', image: 'jenkins/inbound-agent' },
              { name: 'maven', image: 'maven:3.9' },
            ],
          },
        },
      });
      for (let step = 0; step < world.count(2, 6); step += 1)
        yield* stream(world, jenkins, 'get', 'pods/exec', 'jenkins', pod, world.between(2, 120) * SECOND, {
          query: 'command=sh&container=maven&stderr=true&stdin=true&stdout=true&tty=false',
          code: 101,
        });
      say(world, jenkins, 'delete', 'pods', 'jenkins', pod);
      yield* workingPause(world, 2 * MINUTE, 20 * MINUTE);
    }
  }

  function* tektonRuns(): Story {
    for (;;) {
      const namespace = world.pick(cluster.tenants);
      const run = `build-${world.suffix()}`;
      say(world, tekton, 'get', 'serviceaccounts', namespace, 'pipeline');
      for (const name of ['registry-pull', 'git-deploy-key']) say(world, tekton, 'get', 'secrets', namespace, name);
      say(world, tekton, 'create', 'pods', namespace, `${run}-pod`);
      say(world, tekton, 'update', 'taskruns/status', namespace, run);
      yield* workingPause(world, 3 * MINUTE, 15 * MINUTE);
    }
  }

  function* deploys(who: Who, namespace: string): Story {
    for (;;) {
      for (const name of ['registry-pull', 'api-keys']) say(world, who, 'get', 'secrets', namespace, name);
      for (const resource of ['deployments', 'services', 'configmaps', 'ingresses']) {
        say(world, who, 'get', resource, namespace, 'api');
        say(world, who, 'patch', resource, namespace, 'api', { query: 'fieldManager=kubectl-client-side-apply' });
      }
      // It may not see namespaces, and asks every time.
      say(world, who, 'get', 'namespaces', '', namespace, { code: 403 });
      yield* stream(world, who, 'watch', 'deployments', namespace, 'api', world.between(10, 90) * SECOND, {
        query: 'watch=true',
      });
      if (world.chance(0.3))
        yield* stream(
          world,
          who,
          'create',
          'pods/exec',
          namespace,
          `api-${world.suffix(9)}-${world.suffix()}`,
          20 * SECOND,
          {
            query: 'command=python&command=manage.py&command=migrate&container=api&stderr=true&stdout=true',
            code: 101,
          },
        );
      yield* workingPause(world, HOUR, 4 * HOUR);
    }
  }

  function* oldToken(who: Who): Story {
    for (;;) {
      for (let attempt = 0; attempt < 4; attempt += 1) {
        for (const resource of ['deployments', 'services', 'configmaps'])
          failedLogin(world, who, 'get', resource, 'reports-prod', 'api');
        yield world.between(10, 40) * SECOND;
      }
      yield* workingPause(world, 2 * HOUR, 5 * HOUR);
    }
  }

  // In the morning a login has run out: two or three failures, then a fresh one.
  function* laptops(): Story {
    for (;;) {
      const who = nobody(
        'expired tokens',
        `10.8.${world.count(0, 2)}.${world.count(10, 40)}`,
        namelessAgent('kubectl'),
      );
      for (let attempt = 0; attempt < world.count(1, 5); attempt += 1)
        failedLogin(world, who, 'list', 'pods', world.pick(cluster.tenants));
      yield* workingPause(world, 20 * MINUTE, 90 * MINUTE);
    }
  }
}
