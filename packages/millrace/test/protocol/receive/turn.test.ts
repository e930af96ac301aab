import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Turn } from '../../../src/protocol/receive/turn.ts';

/** A turn, with a host whose time is what a test says. */
class Turning {
  readonly turn: Turn;
  time = 1000;
  turnTime = 2;
  requested = 0;

  constructor() {
    this.turn = new Turn({
      now: () => this.time,
      turnTime: () => this.turnTime,
      requestTurn: () => this.requested++,
    });
  }

  /** Counts events, and gives how many of them there are until the turn is over. */
  countUntilOver(): number {
    let events = 0;
    while (!this.turn.isOver && events < 5000) {
      this.turn.count();
      events++;
    }
    return events;
  }
}

describe('Turn', () => {
  it('is over after a thousand events, looked at every 64', () => {
    const turning = new Turning();
    turning.turn.begin(turning.time);

    assert.equal(turning.countUntilOver(), 1024);
    assert.equal(turning.requested, 1);
  });

  it('is over when its time is', () => {
    const turning = new Turning();
    turning.turn.begin(turning.time);

    for (let count = 0; count < 63; count++) turning.turn.count();
    turning.time += 1.9;
    turning.turn.count();
    assert.equal(turning.turn.isOver, false);
    turning.time += 0.1;
    assert.equal(turning.countUntilOver(), 64);
  });

  it('is over at once at a look, if a single event took too long', () => {
    const turning = new Turning();
    turning.turn.begin(turning.time);

    turning.turn.count();
    turning.time += 5;
    assert.equal(turning.turn.isOver, false);
    turning.turn.look();

    assert.equal(turning.turn.isOver, true);
    assert.equal(turning.requested, 1);
  });

  it('asks for no other turn for a few events', () => {
    const turning = new Turning();

    for (let count = 0; count < 63; count++) {
      turning.turn.begin(turning.time);
      turning.turn.count();
      turning.time += 100;
    }

    assert.equal(turning.requested, 0);
    assert.equal(turning.turn.isOver, false);
  });

  it('counts the time from when work began first in this turn', () => {
    const turning = new Turning();
    turning.turn.begin(turning.time);
    turning.turn.look();

    turning.time += 2;
    turning.turn.begin(turning.time);
    turning.turn.look();

    assert.equal(turning.turn.isOver, true);
    assert.equal(turning.requested, 1, 'once a turn');
  });

  it('begins anew with the next turn', () => {
    const turning = new Turning();
    turning.turn.begin(turning.time);
    turning.countUntilOver();
    turning.time += 100;

    turning.turn.renew();

    assert.equal(turning.turn.isOver, false);
    assert.equal(turning.countUntilOver(), 1024);
    assert.equal(turning.requested, 2);
  });

  it('has no limit of time where its host sets none', () => {
    const turning = new Turning();
    turning.turnTime = Infinity;
    turning.turn.begin(turning.time);
    turning.time += 1e9;

    turning.turn.look();

    assert.equal(turning.turn.isOver, false);
  });
});
