import { Cluster } from './cluster.ts';
import { actionsRunners } from './personas/actions-runners.ts';
import { administrators } from './personas/administrators.ts';
import { argoCd } from './personas/argo-cd.ts';
import { bridges } from './personas/bridges.ts';
import { certificates } from './personas/certificates.ts';
import { controlPlane } from './personas/control-plane.ts';
import { cronKubectl } from './personas/cron-kubectl.ts';
import { daemons } from './personas/daemons.ts';
import { dashboards } from './personas/dashboards.ts';
import { dataPlatform } from './personas/data-platform.ts';
import { databases } from './personas/databases.ts';
import { delivery } from './personas/delivery.ts';
import { developers } from './personas/developers.ts';
import { flux } from './personas/flux.ts';
import { helm } from './personas/helm.ts';
import { homeMade } from './personas/home-made.ts';
import { infrastructure } from './personas/infrastructure.ts';
import { internet } from './personas/internet.ts';
import { misfits } from './personas/misfits.ts';
import { monitoring } from './personas/monitoring.ts';
import { fleet, nodes } from './personas/nodes.ts';
import { occasions } from './personas/occasions.ts';
import { pipelines } from './personas/pipelines.ts';
import { policyEngines } from './personas/policy-engines.ts';
import { previews } from './personas/previews.ts';
import { roleManagers } from './personas/role-managers.ts';
import { scanners } from './personas/scanners.ts';
import { secretOperators } from './personas/secret-operators.ts';
import { statefulOperators } from './personas/stateful-operators.ts';
import { terraform } from './personas/terraform.ts';
import { vault } from './personas/vault.ts';
import { velero } from './personas/velero.ts';
import { cronJobs, scaling } from './personas/workloads.ts';
import { restartIds } from './request.ts';
import { SECOND, World } from './world.ts';

/** Those who need nothing but the cluster. */
const PERSONAS = [
  flux,
  certificates,
  secretOperators,
  vault,
  velero,
  scanners,
  monitoring,
  policyEngines,
  infrastructure,
  databases,
  administrators,
  helm,
  pipelines,
  terraform,
  dashboards,
  misfits,
  actionsRunners,
  cronKubectl,
  daemons,
  dataPlatform,
  internet,
  bridges,
  delivery,
  homeMade,
  statefulOperators,
];

/** How much of the log is the control plane's steady stream: microseconds between two of its writes. */
const STEADY = 0.4 * SECOND;

/** A busy cluster with everybody at work in it: about seven hundred thousand events a day. */
export function busyCluster(seed: number): World {
  restartIds();
  const world = new World(seed);
  const cluster = new Cluster(world, 40);
  const plane = controlPlane(cluster, STEADY);
  nodes(cluster);
  fleet(cluster);
  cronJobs(cluster, plane);
  scaling(cluster, plane);
  argoCd(cluster, plane);
  developers(cluster, plane);
  previews(cluster, plane);
  roleManagers(cluster, plane);
  for (const persona of PERSONAS) persona(cluster);
  occasions(cluster, plane);
  return world;
}
