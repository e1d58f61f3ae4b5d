import { z } from 'zod';
import {
  addUp,
  clip,
  counted,
  defineDetector,
  duration,
  formatDuration,
  isComponent,
  lasting,
  listed,
  MINUTE,
  sentence,
  isByHand,
  baselineOf,
} from '../src/model/index.ts';

const params = z.object({
  questions: z.int().min(1).max(1_000).default(5).describe('Questions within the window that count as a burst'),
  window: duration('10m').describe('The span in which questions are counted'),
});

const SCALE = { low: 25, medium: 50 };
/** What is asked by each: "what may I do here", "may I do this", "who am I". */
const ASKS = new Map([
  ['selfsubjectrulesreviews', 'what it may do'],
  ['selfsubjectaccessreviews', 'whether it may do something'],
  ['selfsubjectreviews', 'who it is'],
]);
const EVIDENCE = 24;

/** Somebody holds a credential and asks what it is good for: the first thing that a thief of a token does. */
export const rightsQuestions = defineDetector<z.output<typeof params>>({
  id: 'rights-questions',
  version: '1',
  name: 'Questions about own rights',
  description: 'A machine credential is asked again and again what it may do, by hand or in an unusual way.',
  category: 'discovery',
  eventCategory: ['api'],
  eventType: ['access', 'info'],
  tactics: [{ id: 'TA0007', name: 'Discovery' }],
  techniques: [{ id: 'T1069', name: 'Permission Groups Discovery' }],
  needs: 'Level Metadata for self-reviews (authorization.k8s.io, authentication.k8s.io); stage ResponseComplete.',
  falsePositives: [
    'kubectl auth can-i in scripts and pipelines: few questions, always the same kind; info or low.',
    'A person who asks kubectl what they may do: low at most.',
  ],
  blindSpots: [
    'Dashboards and client libraries ask all the time: they count only where network or program is unusual for the identity.',
    'What was asked about is in the request body, and not looked at.',
  ],
  next: [
    'Find out whose credential it is and where it is used from: an address that is no pod or node of the cluster means a stolen token.',
    'Look at what the same actor did right after: what it learnt it may do.',
  ],
  quiet: 30 * MINUTE,
  params,
  wants: [{ resources: [...ASKS.keys()], verbs: ['create'], outcome: 'success', final: true }],
  on(event, memory, facts, { questions, window }) {
    const { key, class: actor, label } = facts.identity(event);
    const client = facts.client(event);
    const isHand = isByHand(client);
    const isMachine = actor === 'serviceaccount' || isComponent(actor);
    const isOwn = isComponent(actor) && client === 'component';
    const isStrange = {
      network: facts.habit(event, 'network') === 'unusual',
      agent: facts.habit(event, 'agent') === 'unusual',
    };
    // What a machine of an unusual place or program asks is worth a line at once.
    const isOdd = isMachine && !isOwn && (isStrange.network || isStrange.agent);
    if (!isHand && !isOdd) return [];
    const asked = memory.count('asked', key, window, EVIDENCE);
    memory.distinct('kinds', key, event.resource, window, ASKS.size);
    memory.distinct('clients', key, client, window, 4);
    if (asked.count < questions && !isOdd) return [];
    const kinds = memory.members('kinds', key, window);
    const clients = memory.members('clients', key, window);
    const { severity, points, contributions } = addUp(
      [
        [counted(asked.count, 'question', EVIDENCE), Math.min(20, asked.count)],
        ['asked for all its rights at once', kinds.includes('selfsubjectrulesreviews') ? 8 : 0],
        ['asked who it is', kinds.includes('selfsubjectreviews') ? 5 : 0],
        ['a machine credential used by hand', isMachine && isHand ? 10 : 0],
        ['asked by a script, without kubectl', clients.some((each) => each === 'script' || each === 'bare') ? 15 : 0],
        ['a component credential in another client', isComponent(actor) && !isOwn ? 30 : 0],
        ['from a network unusual for it', isStrange.network ? (isMachine ? 25 : 10) : 0],
        ['with a program unusual for it', isStrange.agent ? (isMachine ? 20 : 5) : 0],
      ],
      SCALE,
    );
    if (points < 15) return [];
    const { hours } = facts.history(event);
    const reason = sentence(
      `${clip(label)} asked ${counted(asked.count, 'time', EVIDENCE)} within ${lasting(event.time - asked.first)}`,
      event.peer !== '' && `from ${clip(event.peer)}`,
      listed(kinds.map((kind) => ASKS.get(kind) ?? kind)),
    );
    return [
      {
        key,
        severity,
        action: 'self-review',
        reason: () => reason,
        evidence: asked.evidence,
        window: formatDuration(window),
        observed: { questions: asked.count, kinds: kinds.length },
        threshold: { questions },
        contributions,
        ...(hours > 0 && { baseline: baselineOf(event, facts) }),
        target: null,
      },
    ];
  },
});
