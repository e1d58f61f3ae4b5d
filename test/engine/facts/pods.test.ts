import { describe, expect, test } from 'vitest';
import { ClusterFacts } from '../../../src/engine/facts/facts.ts';
import { type RawEvent, auditEvent, auditEventsFromFile } from '../../support/event.ts';

const HOST = { hostPID: true, containers: [{ name: 'c' }] };
const PLAIN = { containers: [{ name: 'c' }] };
const PRIVILEGED = { name: 'dbg', securityContext: { privileged: true } };

const write = (verb: string, raw: RawEvent = {}, name = 'p', subresource = ''): ReturnType<typeof auditEvent> =>
  auditEvent({ verb, objectRef: { resource: 'pods', subresource, namespace: 'dev', name, apiVersion: 'v1' }, ...raw });
const pod = (spec: unknown, metadata: object = { name: 'p' }): object => ({ kind: 'Pod', metadata, spec });
const made = (spec: unknown, metadata?: object): ReturnType<typeof auditEvent> =>
  write('create', { requestObject: pod(spec, metadata) }, '');

const factsAfter = (...events: readonly ReturnType<typeof auditEvent>[]): ClusterFacts => {
  const facts = new ClusterFacts({ budgetBytes: 1e6 });
  for (const event of events) facts.learn(event);
  return facts;
};
const known = (facts: ClusterFacts, name = 'p'): string | undefined => facts.pod('dev', name)?.because.join();

describe('what is known of a pod', () => {
  test('is what the write that made it says', () => {
    expect(factsAfter(made(HOST)).pod('dev', 'p')).toEqual({
      privileged: true,
      because: ['hostPID'],
      serviceAccount: 'default',
    });
    expect(factsAfter(made({ ...PLAIN, serviceAccountName: 'etl' })).pod('dev', 'p')).toEqual({
      privileged: false,
      because: [],
      serviceAccount: 'etl',
    });
    expect(factsAfter(made(PLAIN)).pod('dev', 'p')).toBeUndefined();
    expect(factsAfter(made(HOST)).pod('web', 'p')).toBeUndefined();
    expect(known(factsAfter(write('create', { requestObject: pod(PLAIN), responseObject: pod(HOST) })))).toBe(
      'hostPID',
    );
    expect(
      known(factsAfter(write('create', { requestObject: pod(HOST), responseStatus: { code: 403 } }))),
    ).toBeUndefined();
    expect(known(factsAfter(write('create', { requestObject: pod(HOST) }, 'p', 'binding')))).toBeUndefined();
  });

  test('goes by a generated name, or by its beginning where the name is not to be seen', () => {
    const generated = { generateName: 'api-7d9-' };
    const seen = write(
      'create',
      { requestObject: pod(HOST, generated), responseObject: pod(HOST, { ...generated, name: 'api-7d9-abcde' }) },
      '',
    );
    expect([known(factsAfter(seen), 'api-7d9-abcde'), known(factsAfter(seen), 'api-7d9-fghij')]).toEqual([
      'hostPID',
      undefined,
    ]);
    const unseen = factsAfter(made(HOST, generated), made(PLAIN, generated));
    expect(known(unseen, 'api-7d9-fghij')).toBe('hostPID');
    expect(known(unseen, 'api-7d9-fghijk')).toBeUndefined();
    expect(known(unseen, 'api-7d9-')).toBeUndefined();
  });

  test('grows with debug containers', () => {
    const debug = (requestObject: unknown, responseObject?: unknown) =>
      write('patch', { requestObject, responseObject }, 'p', 'ephemeralcontainers');
    const expected = 'hostPID,privileged ephemeral container';
    expect(known(factsAfter(made(HOST), debug({ spec: { ephemeralContainers: [PRIVILEGED] } })))).toBe(expected);
    expect(
      known(factsAfter(made(HOST), debug([{ op: 'add', path: '/spec/ephemeralContainers/-', value: PRIVILEGED }]))),
    ).toBe(expected);
    expect(
      known(factsAfter(made(HOST), debug([{ op: 'add', path: '/spec/ephemeralContainers', value: [PRIVILEGED] }]))),
    ).toBe(expected);
    expect(known(factsAfter(debug([], pod({ ...HOST, ephemeralContainers: [PRIVILEGED] }))))).toBe(expected);
    expect(known(factsAfter(debug({ spec: { ephemeralContainers: [PRIVILEGED] } })))).toBe(
      'privileged ephemeral container',
    );
    expect(known(factsAfter(made(HOST), debug({ spec: { ephemeralContainers: [{ name: 'x' }] } })))).toBe('hostPID');
    expect(known(factsAfter(made(HOST), write('patch', { requestObject: { metadata: { labels: {} } } })))).toBe(
      'hostPID',
    );
  });

  test('ends with the pod', () => {
    expect(known(factsAfter(made(HOST), write('delete'), made(PLAIN)))).toBeUndefined();
    expect(known(factsAfter(made(HOST), write('delete', { responseStatus: { code: 404 } })))).toBe('hostPID');
    expect(
      known(factsAfter(made(HOST), write('delete', { requestURI: '/api/v1/namespaces/dev/pods/p?dryRun=All' }))),
    ).toBe('hostPID');
    expect(known(factsAfter(made(HOST), write('deletecollection', {}, '')))).toBeUndefined();
    expect(known(factsAfter(made(HOST), made(PLAIN)))).toBeUndefined();
  });

  test('outlives the pod for those who are told of a session when it ends', () => {
    expect(known(factsAfter(made(HOST), write('delete')))).toBe('hostPID');
    const many = factsAfter(
      made(HOST),
      write('delete'),
      ...Array.from({ length: 200 }, (_, each) => `q-${each}`).flatMap((name) => [
        made(HOST, { name }),
        write('delete', {}, name),
      ]),
    );
    // Only a few: those that went last.
    expect([known(many), known(many, 'q-199')]).toEqual([undefined, 'hostPID']);
    const rows: [string, string | null][] = [];
    const facts = factsAfter(made(HOST), write('delete'));
    facts.collect((key, value) => rows.push([key, value as string | null]));
    const again = new ClusterFacts({ budgetBytes: 1e6 });
    for (const [key, value] of rows) if (value !== null) again.restore(key, value);
    expect(known(again)).toBe('hostPID');
  });

  test('in a real cluster', () => {
    const facts = factsAfter(...auditEventsFromFile(new URL('../../fixtures/facts/writes.ndjson', import.meta.url)));
    expect(facts.pod('data', 'postgres-0')?.because).toEqual(['privileged ephemeral container']);
    expect(facts.pod('dev', 'm-hostpath')?.because).toEqual(['hostPath /']);
    expect(facts.pod('payments', 'm-privileged')).toBeUndefined();
    expect(facts.pod('dev', 'shell')).toBeUndefined();
    expect(facts.pod('web', 'frontend-67c8d946b4-x7k2p')?.serviceAccount).toBe('frontend');
  });
});
