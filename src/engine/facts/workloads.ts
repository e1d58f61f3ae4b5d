import type { AuditEvent, PodFact } from '../../model/index.ts';
import type { PutRow } from '../persist.ts';
import { BoundedTable, objectKey } from './bounded-table.ts';
import { NOT_PLAIN, factOf, rowOf } from './pod-row.ts';
import { privilegeOf } from './privilege.ts';
import { at, recordOf } from './shape.ts';
import { makersOf } from './workload-name.ts';
import { type Written, writtenBy } from './written.ts';

/** What makes pods from a template, by resource. */
export const WORKLOADS: ReadonlyMap<string, string> = new Map([
  ['deployments', 'Deployment'],
  ['daemonsets', 'DaemonSet'],
  ['statefulsets', 'StatefulSet'],
  ['replicasets', 'ReplicaSet'],
  ['replicationcontrollers', 'ReplicationController'],
  ['jobs', 'Job'],
  ['cronjobs', 'CronJob'],
]);

/**
 * Templates of pods that are privileged or run as a service account of their own: what is known of a pod whose own creation was not to
 * be seen. Kinds share one name each, as their pods do: the latest write counts.
 */
export class WorkloadFacts {
  readonly table: BoundedTable;

  constructor(budgetBytes: number) {
    this.table = new BoundedTable('workload', budgetBytes);
  }

  /** What the template of the pod's workload says, by the pod's name. */
  of(namespace: string, podName: string): PodFact | undefined {
    this.table.settle();
    for (const maker of makersOf(podName)) {
      const key = objectKey(namespace, maker);
      const text = key === undefined ? undefined : this.table.get(key);
      if (text !== undefined) return factOf(text);
    }
    return undefined;
  }

  learn(event: AuditEvent): void {
    this.table.settle();
    const kind = WORKLOADS.get(event.resource);
    if (kind === undefined || this.#isIdle(event)) return;
    for (const each of writtenBy(event, kind)) this.#take(each);
  }

  restore(key: string, value: string): void {
    this.table.restore(key, value);
  }

  collect(put: PutRow): void {
    this.table.settle();
    this.table.collect(put);
  }

  /** Whether it is certain, unread, that the write leaves all as it is: what is not known stays so while its template is plain. */
  #isIdle(event: AuditEvent): boolean {
    const { verb, object } = event;
    const key = object && verb !== 'deletecollection' ? objectKey(object.namespace, object.name) : undefined;
    if (key === undefined) return false;
    if (this.table.get(key) === undefined) return verb === 'delete' || !event.bodiesMayHold(NOT_PLAIN);
    // A patch by itself only ever adds.
    const isPatch = verb === 'patch' && event.code !== 201;
    return isPatch && !event.bodiesMayHold(NOT_PLAIN) && event.responseObject === undefined;
  }

  #take(written: Written): void {
    if (written.to === 'cleared' || written.to === 'unseen' || written.namespace === '') return;
    const { namespace, name } = written;
    if (written.to === 'gone') return this.#forget(namespace, name);
    const key = objectKey(namespace, name);
    if (key === undefined) return;
    if (written.to === 'whole') {
      const row = rowOf(templateOf(written.object));
      if (row === undefined) this.table.delete(key);
      else this.table.set(key, row.text, row.weight);
      return;
    }
    // What a patch adds comes to what is known; what it takes away is not to be told from what it leaves alone.
    const { because } = privilegeOf(recordOf(written.patch));
    const known = factOf(this.table.get(key) ?? '[""]');
    const row = rowOf(templateOf(written.patch), known);
    if (because.length > 0 && row !== undefined) this.table.set(key, row.text, row.weight);
  }

  #forget(namespace: string, name: string): void {
    const key = objectKey(namespace, name);
    if (key !== undefined) this.table.delete(key);
  }
}

/** The pod spec in a workload; a cron job holds a job that holds it. */
const templateOf = (workload: unknown): unknown =>
  at(workload, 'spec', 'template', 'spec') ?? at(workload, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
