import type { Cluster } from '../cluster.ts';
import { ask, say, stream } from '../request.ts';
import { DISCOVERY } from '../resources.ts';
import { DAY, HOUR, SECOND, type Story } from '../world.ts';

const KINDS =
  'persistentvolumes persistentvolumeclaims serviceaccounts secrets configmaps limitranges pods replicasets clusterroles clusterrolebindings roles rolebindings services deployments statefulsets daemonsets jobs cronjobs ingresses customresourcedefinitions networkpolicies';

/**
 * Velero: as cluster-admin it walks discovery and lists every kind of every namespace each night, secrets and roles among them, page
 * by page; before and after a database's volume it runs hooks in its pods (freeze, dump), by POST as its old exec library does.
 */
export function velero(cluster: Cluster): void {
  const { world } = cluster;
  const server = cluster.operator({
    persona: 'Velero',
    namespace: 'velero',
    account: 'velero',
    agent: 'velero-server/v1.15.0 (linux/amd64) 1d4f1475975b5107ec35f4d19ff17f7d1fcb3edf',
    watches: 'backups schedules restores backupstoragelocations podvolumebackups'.split(' '),
  });
  world.spawn(nightly(), world.until(2));

  function* nightly(): Story {
    for (;;) {
      const began = world.now;
      for (const path of DISCOVERY) ask(world, server, path);
      for (const namespace of [...cluster.tenants, 'kube-system', 'argocd', 'vault']) {
        for (const kind of KINDS.split(' ').filter(
          (each) => !each.startsWith('cluster') && !each.startsWith('custom') && each !== 'persistentvolumes',
        ))
          say(world, server, 'list', kind, namespace, '', { query: 'limit=500' });
        yield world.between(1, 4) * SECOND;
        if (!namespace.endsWith('-prod')) continue;
        for (const command of [
          'command=%2Fsbin%2Ffsfreeze&command=--freeze&command=%2Fvar%2Flib%2Fdata',
          'command=%2Fbin%2Fbash&command=-c&command=pg_dump+-U+app+app+%7C+gzip+%3E+%2Fbackup%2Fdump.sql.gz',
          'command=%2Fsbin%2Ffsfreeze&command=--unfreeze&command=%2Fvar%2Flib%2Fdata',
        ]) {
          yield* stream(world, server, 'create', 'pods/exec', namespace, 'postgres-0', world.between(1, 9) * SECOND, {
            query: `${command}&container=postgres&stderr=true&stdout=true`,
            code: 101,
          });
        }
        say(world, server, 'get', 'secrets', namespace, 'volume-key');
      }
      say(world, server, 'update', 'backups', 'velero', `nightly-${Math.floor(world.now / DAY)}`);
      yield DAY - (world.now - began) + world.roll() * 0.1 * HOUR;
    }
  }
}
