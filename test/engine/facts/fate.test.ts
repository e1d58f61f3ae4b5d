import { expect, test } from 'vitest';
import { fateOf } from '../../../src/engine/facts/fate.ts';
import { auditEvent, type RawEvent } from '../../support/event.ts';

const uri = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const ALLOWED = { annotations: { 'authorization.k8s.io/decision': 'allow' } };
const FORBIDDEN = { annotations: { 'authorization.k8s.io/decision': 'forbid' } };
const message = 'user "x" (groups=[]) is attempting to grant RBAC permissions not currently held: {APIGroups:["*"]}';

test.each<[fate: string, why: string, event: RawEvent]>([
  ['done', 'a plain success', { responseStatus: { code: 201 } }],
  ['dry run', 'a dry run', { responseStatus: { code: 201 }, requestURI: `${uri}?dryRun=All` }],
  ['dry run', 'a dry run in disguise', { responseStatus: { code: 201 }, requestURI: `${uri}?x=1&dry%52un=%41ll` }],
  ['done', 'another parameter of the like', { responseStatus: { code: 201 }, requestURI: `${uri}?notdryRun=All` }],
  ['refused', 'no by the authorizer', { responseStatus: { code: 403 }, ...FORBIDDEN }],
  ['refused', 'no by the authorizer to a dry run', { responseStatus: { code: 403 }, requestURI: `${uri}?dryRun=All` }],
  ['escalation', "no by RBAC's own check", { responseStatus: { code: 403, message }, ...ALLOWED }],
  [
    'escalation',
    'no to an aggregation rule',
    {
      responseStatus: { code: 403, message: 'must have cluster-admin privileges to use an aggregationRule' },
      ...ALLOWED,
    },
  ],
  ['refused', 'the words of that check from the authorizer', { responseStatus: { code: 403, message }, ...FORBIDDEN }],
  ['admission', 'no by a webhook', { responseStatus: { code: 403, message: 'denied' }, ...ALLOWED }],
  ['failed', 'a failed login', { responseStatus: { code: 401 } }],
  ['failed', 'a conflict', { responseStatus: { code: 409 } }],
  ['failed', 'a panic', { responseStatus: { code: 200 }, stage: 'Panic' }],
  ['failed', 'no code at all', { responseStatus: undefined as never }],
])('%s: %s', (fate, _why, event) => {
  expect(fateOf(auditEvent({ verb: 'create', requestURI: uri, ...event }))).toBe(fate);
});
