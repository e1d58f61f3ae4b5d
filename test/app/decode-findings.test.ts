import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../src/app/decode-findings.ts';
import { line } from '../engine/decode/decoding.ts';

import { inspect } from './decoded.ts';

/** Parts of an event to replace, or (undefined) to leave out. */
type Parts = Readonly<Record<string, unknown>>;

const of = (text: string): readonly string[] => findingsOf(inspect(text).tally);
/** So many events, a second apart, of which every tenth opens a stream. */
function feed(over: Parts | ((index: number) => Parts), events = 100): string {
  return Array.from({ length: events }, (_, index) => {
    const time = new Date(Date.UTC(2026, 10, 21, 10) + index * 1_000).toISOString().replace('Z', '000Z');
    const ip = `10.0.0.${index % 5}`;
    const stage = index % 10 === 0 ? 'ResponseStarted' : 'ResponseComplete';
    const more = typeof over === 'function' ? over(index) : over;
    return line({ level: 'Request', stage, sourceIPs: [ip], stageTimestamp: time, ...more });
  }).join('\n');
}
const rbac = {
  verb: 'create',
  level: 'Metadata',
  objectRef: { resource: 'rolebindings', apiGroup: 'rbac.authorization.k8s.io', namespace: 'web', name: 'x' },
};
const at = (time: string) => (index: number) => (index > 97 ? { stageTimestamp: time } : {});

describe('findings of a feed', () => {
  it('are none where nothing stands out', () => expect(of(feed({}))).toEqual([]));

  it.each<[string, string, RegExp]>([
    ['nothing', '', /^There is nothing in the input/],
    ['empty lists', '[]\n[]\n', /^There are records and no event in them/],
    ['text only', 'x\ny\n', /^All 2 records are not understood, for this reason: not JSON\. /],
    ['one broken record', '{"a":1}', /^The only record is not understood, for this reason: not an event\. /],
    ['a broken record among others', `${feed({})}\n{"a":1}`, /^1 of 101 records is not understood/],
    [
      'something broken beside events',
      `${feed({})}\n[${line()},7]`,
      /^1 piece of records that hold events was not understood/,
    ],
    [
      'another log',
      `${JSON.stringify({ requestURI: '/v3/x', method: 'GET', remoteAddr: '10.0.0.1:1', responseCode: 200 })}\n`.repeat(
        2,
      ),
      /^All 2 records are known to be no audit events, for this reason: .+ \(rancher\): point Lapwing at the API server's own audit log/,
    ],
    [
      'events that came cut',
      `${feed({})}\n${JSON.stringify({ log: line().slice(0, -40) })}`,
      /^1 event of 101 came cut/,
    ],
    [
      'RequestReceived only',
      feed({ stage: 'RequestReceived', responseStatus: {} }),
      /^Every event is of stage RequestReceived/,
    ],
    ['no stage', feed({ stage: undefined }), /^No event tells its stage/],
    ['no ResponseComplete', feed({ stage: 'ResponseStarted' }), /^No event is of stage ResponseComplete/],
    [
      'no ResponseStarted',
      feed({ stage: 'ResponseComplete' }),
      /^No event is of stage ResponseStarted: failed logins leave no other/,
    ],
    ['no level', feed({ level: undefined }), /^No event tells its level/],
    ['level Metadata only', feed({ level: 'Metadata' }), /^Every event is of level Metadata/],
    [
      'grants without bodies',
      feed((index) => (index < 3 ? rbac : {})),
      /^3 of 3 writes of roles and bindings came without a body/,
    ],
    [
      'pods without bodies',
      feed((index) => (index < 1 ? { verb: 'create', level: 'Metadata', objectRef: { resource: 'pods' } } : {})),
      /^1 of 1 write of pods and workloads came without a body/,
    ],
    ['no user', feed({ user: {} }), /^No event tells its user/],
    [
      'some without a user',
      feed((index) => (index < 2 ? { user: {} } : {})),
      /^2 events that are no failed login have no user/,
    ],
    ['no address', feed({ sourceIPs: [] }), /^No event tells a source address/],
    ['one address', feed({ sourceIPs: ['10.0.0.1'] }), /^Every event comes from 10\.0\.0\.1: a load balancer/],
    ['no user agent', feed({ userAgent: undefined }), /^No event has a user agent/],
    ['no decision', feed({ annotations: {} }), /^No event carries the authorizer's decision/],
    [
      'some without a cluster',
      `${feed({})}\n${JSON.stringify({ cluster_name: 'east', log: line() })}`,
      /^Some events name their cluster \(east\) and some \(100\) do not/,
    ],
    ['a member twice', `${feed({})}\n${line().replace('{', '{"verb":"list",')}`, /^1 event has a member twice/],
    [
      'a time ahead',
      feed(at('2026-11-24T12:00:00.000000Z')),
      /^2 of 100 events are ahead of this machine's clock, by up to 3 days/,
    ],
    [
      'a time of 1970',
      feed(at('1970-01-01T00:00:01.000000Z')),
      /^2 of 100 events are dated before there was Kubernetes/,
    ],
    [
      'times far behind',
      feed(at('2026-11-21T09:00:00.000000Z')),
      /^2 of 100 events came more than 5 minutes after .* \(by up to 62 minutes\)/,
    ],
    [
      'much disorder',
      feed((index) => ({ stageTimestamp: `2026-11-21T10:00:${index % 2 ? '10' : '40'}.000000Z` })),
      /^50 of 100 events came out of order, by up to 30s/,
    ],
  ])('tell of %s', (_, text, expected) => {
    const found = of(text);
    expect(found.filter((each) => expected.test(each))).toHaveLength(1);
    // What is wrong by design of the case, and nothing beside.
    expect(found.length).toBeLessThanOrEqual(2);
  });

  it('do not take failed logins for events without a user', () => {
    const login = { user: {}, annotations: {}, responseStatus: { code: 401 }, stage: 'ResponseStarted' };
    expect(of(feed((index) => (index % 3 === 0 ? login : {})))).toEqual([]);
  });

  it('tell the order of each cluster by itself', () => {
    const east = (text: string) => JSON.stringify({ cluster_name: 'east', log: text });
    const text = [10, 20, 11, 21].map((minute) => line({ stageTimestamp: `2026-11-21T10:${minute}:00.000000Z` }));
    expect(of(text.map((each, index) => (index % 2 === 0 ? east(each) : each)).join('\n'))).toHaveLength(1);
    expect(of(text.join('\n'))).toEqual([expect.stringMatching(/^1 of 4 events came more than 5 minutes/)]);
  });

  it('say nothing of what a few events leave out', () => {
    expect(of(feed({ stage: 'ResponseComplete', level: 'Metadata', sourceIPs: ['10.0.0.1'] }, 20))).toEqual([]);
  });
});
