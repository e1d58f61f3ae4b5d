import { AssignerProtocol } from 'kafkajs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstClaim, singleMember, type Claim } from '../../src/sources/kafka-group.ts';

const claims = fc.uniqueArray(fc.record({ id: fc.uuid(), holds: fc.boolean(), since: fc.nat() }), {
  minLength: 1,
  maxLength: 8,
  selector: (claim) => claim.id,
});

describe('the claim on a group', () => {
  it('is won by the same member in whatever order they stand', () => {
    fc.assert(
      fc.property(claims, fc.nat(), (all, by) => {
        const turned = [...all.slice(by % all.length), ...all.slice(0, by % all.length)].toReversed();
        expect(turned[firstClaim(turned)]).toEqual(all[firstClaim(all)]);
      }),
    );
  });

  it.each<[string, readonly Claim[], string]>([
    [
      'who reads already, however late it started',
      [
        { id: 'a', holds: false, since: 1 },
        { id: 'b', holds: true, since: 9 },
      ],
      'b',
    ],
    [
      'who started first',
      [
        { id: 'b', holds: false, since: 2 },
        { id: 'a', holds: false, since: 3 },
      ],
      'b',
    ],
    [
      'one of two that started together',
      [
        { id: 'b', holds: false, since: 2 },
        { id: 'a', holds: false, since: 2 },
      ],
      'a',
    ],
  ])('goes to %s', (_, all, winner) => {
    expect(all[firstClaim(all)]!.id).toBe(winner);
  });

  it('gives every partition to one member, also beside a member that says nothing of itself', async () => {
    const metadata = [{ partitionId: 0 }, { partitionId: 1 }, { partitionId: 2 }];
    const cluster = { findTopicPartitionMetadata: () => metadata } as never;
    const assigner = singleMember(AssignerProtocol, () => ({ id: 'me', holds: false, since: 5 }))({
      cluster,
      groupId: 'g',
      logger: {} as never,
    });
    const strange = AssignerProtocol.MemberMetadata.encode({
      version: 0,
      topics: ['events'],
      userData: Buffer.from('{"id":1}'),
    });
    const members = [
      { memberId: 'me', memberMetadata: assigner.protocol({ topics: ['events'] }).metadata },
      { memberId: 'strange', memberMetadata: strange },
    ];
    const given = await assigner.assign({ members, topics: ['events'] });
    const turned = await assigner.assign({ members: members.toReversed(), topics: ['events'] });
    expect([...given, ...turned].map((each) => each.memberId)).toEqual(['me', 'me']);
    expect(AssignerProtocol.MemberAssignment.decode(given[0]!.memberAssignment)?.assignment).toEqual({
      events: [0, 1, 2],
    });
  });
});
