import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Admission, type AdmissionLimits, type Candidate } from '../../../src/server/limits/admission.ts';
import { LoopDelay } from '../../../src/server/limits/loop-delay.ts';

const NO_LIMITS: AdmissionLimits = {
  maxConnections: Infinity,
  maxConnectionsPerAddress: Infinity,
  maxPendingHandshakes: Infinity,
  maxLoopDelay: Infinity,
};

function admissionWith(limits: Partial<AdmissionLimits>): Admission<Candidate> {
  return new Admission<Candidate>({ ...NO_LIMITS, ...limits }, new LoopDelay(false));
}

function candidate(address: string, isDispensable = true): Candidate {
  return { address, isDispensable };
}

function entered(admission: Admission<Candidate>, address: string, isDispensable = true): Candidate {
  const member = candidate(address, isDispensable);
  admission.enter(member);
  return member;
}

describe('Admission', () => {
  it('counts connections, of an address and of all, until they are over', () => {
    const admission = admissionWith({ maxConnections: 3, maxConnectionsPerAddress: 2 });
    const ends = ['a', 'a', 'b'].map((address) => admission.accept(entered(admission, address)));

    assert.deepEqual([admission.connections, admission.pending.size], [3, 0]);
    assert.match(admission.findFull('c')?.message ?? '', /maxConnections, 3/);
    ends[2]?.();
    assert.match(admission.findFull('a')?.message ?? '', /maxConnectionsPerAddress, 2/);
    assert.equal(admission.findFull('b'), undefined);
    ends[0]?.();
    assert.equal(admission.findFull('a'), undefined);
  });

  it('tells who is refused when to come again', () => {
    const { status, headers } = admissionWith({ maxConnections: 0 }).findFull('a') ?? assert.fail();

    assert.equal(status, 503);
    assert.match(headers['Retry-After'] ?? '', /^([2-9]|10)$/);
  });

  it('does not count what has no address by address', () => {
    const admission = admissionWith({ maxConnectionsPerAddress: 1 });
    for (let n = 0; n < 3; n++) admission.accept(entered(admission, ''));

    assert.equal(admission.findFull(''), undefined);
  });

  it('gives up the oldest handshake of the address that has most, for one that has fewer', () => {
    const admission = admissionWith({ maxPendingHandshakes: 4 });
    entered(admission, 'attacker', false);
    const oldest = entered(admission, 'attacker');
    entered(admission, 'attacker');
    entered(admission, 'other');

    assert.equal(admission.findDisplaced('new'), oldest);
    assert.equal(admission.findObstacle('new'), undefined);
    assert.equal(admission.findDisplaced('attacker'), undefined);
    assert.match(admission.findObstacle('attacker')?.message ?? '', /maxPendingHandshakes, 4/);
  });

  it('gives nothing up among equals, nor what is being decided about', () => {
    const admission = admissionWith({ maxPendingHandshakes: 2 });
    entered(admission, 'a');
    entered(admission, 'b');
    assert.equal(admission.findDisplaced('c'), undefined);

    const deciding = admissionWith({ maxPendingHandshakes: 3 });
    for (let n = 0; n < 3; n++) entered(deciding, 'a', false);
    assert.equal(deciding.findDisplaced('c'), undefined);
  });

  it('counts a handshake for another address when it turns out to come from there', () => {
    const admission = admissionWith({ maxPendingHandshakes: 3 });
    const moved = [1, 2, 3].map(() => entered(admission, 'proxy'));
    for (const one of moved.slice(1)) admission.move(one, 'client');

    assert.equal(admission.findDisplaced('proxy'), undefined);
    assert.equal(admission.findDisplaced('new'), moved[1]);
    admission.move(moved[0] ?? assert.fail(), 'client');
    assert.equal(admission.findDisplaced('proxy'), moved[1]);
  });

  it('forgets handshakes that are over, once', () => {
    const admission = admissionWith({ maxPendingHandshakes: 1 });
    const member = entered(admission, 'a');

    admission.leave(member);
    admission.leave(member);
    admission.move(member, 'b');

    assert.equal(admission.pending.size, 0);
    assert.equal(admission.findObstacle('a'), undefined);
  });
});
