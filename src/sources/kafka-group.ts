import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, AssignerProtocol, PartitionAssigner } from 'kafkajs';
import { AppError } from '../model/index.ts';

/** What a member says of itself when it joins: who came first goes on, whoever comes second is turned away. */
export interface Claim {
  readonly id: string;
  /** It reads at the moment. */
  readonly holds: boolean;
  /** When it started, in microseconds. */
  readonly since: number;
}

const NOBODY: Claim = { id: '\uffff', holds: false, since: Infinity };
const POLL_MS = 500;
/** Protocol name: a group whose members do not all know it refuses the newcomer. */
const PROTOCOL = 'lapwing-single-member';

function readClaim(userData: Buffer): Claim {
  try {
    const { id, holds, since } = JSON.parse(userData.toString()) as Partial<Claim>;
    if (typeof id !== 'string' || typeof since !== 'number') return NOBODY;
    return { id, holds: holds === true, since };
  } catch {
    return NOBODY;
  }
}

/** The claim that wins: who reads already, else who started first. */
export const firstClaim = (claims: readonly Claim[]): number => {
  let best = 0;
  for (let index = 1; index < claims.length; index++) {
    const [a, b] = [claims[index]!, claims[best]!];
    const before = Number(b.holds) - Number(a.holds) || a.since - b.since || (a.id < b.id ? -1 : 1);
    if (before < 0) best = index;
  }
  return best;
};

/**
 * Gives every partition to one member, whoever leads the group. So a newcomer never takes partitions from the one that reads, and
 * learns from its empty assignment that it is second.
 */
export const singleMember =
  (protocol: typeof AssignerProtocol, claim: () => Claim): PartitionAssigner =>
  ({ cluster }) => ({
    name: PROTOCOL,
    version: 0,
    protocol: ({ topics }) => ({
      name: PROTOCOL,
      metadata: protocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.from(JSON.stringify(claim())) }),
    }),
    assign: ({ members, topics }) => {
      const claims = members.map(({ memberMetadata }) =>
        readClaim(protocol.MemberMetadata.decode(memberMetadata)?.userData ?? Buffer.alloc(0)),
      );
      const assignment = Object.fromEntries(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map((each) => each.partitionId)]),
      );
      const memberAssignment = protocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) });
      return Promise.resolve([{ memberId: members[firstClaim(claims)]!.memberId, memberAssignment }]);
    },
  });

/** The refusal of a second member, with what to do about it. */
export function secondMember(groupId: string, who: string): AppError {
  const message =
    `consumer group "${groupId}" is already read by ${who}. One process reads a group: ` +
    `stop the other one, or give this source a groupId of its own`;
  return new AppError('source-second-member', message);
}

/**
 * Waits until nobody is in the group, as long as a process that was killed may still count as a member; then throws
 * `source-second-member`. The newcomer has not joined yet, so the one that reads does not notice.
 */
export async function awaitFreeGroup(
  admin: Admin,
  groupId: string,
  patience: number,
  onWait: (who: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + patience;
  for (let told = false; !signal.aborted; told = true) {
    const { groups } = await admin.describeGroups([groupId]);
    const member = groups[0]?.members[0];
    if (member === undefined) return;
    const who = `client "${member.clientId.slice(0, 100)}" from ${member.clientHost.replace(/^\//, '').slice(0, 100)}`;
    if (performance.now() >= deadline) throw secondMember(groupId, who);
    if (!told) onWait(who);
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
