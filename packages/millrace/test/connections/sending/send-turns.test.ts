import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { SendTurns, type TurnHolder } from '../../../src/connections/sending/send-turns.ts';
import { fateOf } from '../../helpers/sending.ts';

/** Turns of a connection that is open or not, as a test says, and a log of what happens. */
class Turns {
  isOpen = true;
  readonly turns = new SendTurns(() => this.isOpen);
  readonly log: string[] = [];

  holder(name: string, isHeld = false, pendingSize = 0): TurnHolder {
    return {
      pendingSize,
      hold: () => {
        this.log.push(`hold ${name}`);
        return isHeld;
      },
      lose: (error) => this.log.push(`${name} loses: ${error.message}`),
    };
  }

  take(name: string, holder: TurnHolder, signal?: AbortSignal): Promise<void> {
    return this.turns.take(holder, signal).then(() => void this.log.push(name));
  }

  send(name: string, size: number, signal?: AbortSignal): Promise<void> {
    return this.turns.sendLater(size, () => this.log.push(name), signal);
  }
}

const END = new Error('the end');

describe('SendTurns', () => {
  it('gives the turn in the order of asking, whole messages and others', async () => {
    const all = new Turns();
    const [one, two] = [all.holder('one'), all.holder('two')];
    const taken = all.take('one', one);
    const sent = [all.send('a', 1), all.send('b', 1)];
    const takenLater = all.take('two', two);
    const sentLater = all.send('c', 1);
    await taken;
    assert.deepEqual(all.log, ['one']);
    assert.equal(await fateOf(sent[0]!), 'pending');

    all.turns.release(one);
    await Promise.all([...sent, takenLater]);
    assert.deepEqual(all.log, ['one', 'a', 'b', 'two']);
    assert.equal(all.turns.isFree, false);
    all.turns.release(two);
    await sentLater;

    assert.deepEqual(all.log, ['one', 'a', 'b', 'two', 'c']);
    assert.equal(all.turns.isFree, true);
  });

  it('counts what waits as a whole, and what the holder keeps', async () => {
    const { turns } = new Turns();
    const holder = new Turns().holder('one', false, 5);
    await turns.take(holder);
    void turns.sendLater(7, () => undefined);
    assert.equal(turns.waitingSize, 12);

    turns.release(holder);

    assert.equal(turns.waitingSize, 0);
  });

  it('lets only the holder release the turn', async () => {
    const all = new Turns();
    await all.take('one', all.holder('one'));

    all.turns.release(all.holder('other'));

    assert.equal(all.turns.isFree, false);
  });

  it('withdraws on abort, which fails with the reason, and leaves the others their order', async () => {
    const all = new Turns();
    const one = all.holder('one');
    await all.take('one', one);
    const [whole, pieces] = [new AbortController(), new AbortController()];
    const withdrawn = [all.send('a', 5, whole.signal), all.take('two', all.holder('two'), pieces.signal)];
    const sent = all.send('b', 3);

    whole.abort(new Error('away'));
    pieces.abort(new Error('gone'));
    assert.equal(all.turns.waitingSize, 3);
    await assert.rejects(withdrawn[0]!, /away/);
    await assert.rejects(withdrawn[1]!, /gone/);
    all.turns.release(one);
    await sent;

    assert.deepEqual(all.log, ['one', 'b']);
    assert.equal(all.turns.isFree, true);
  });

  it('gives no turn to a signal that is aborted: before asking, or between getting it and knowing', async () => {
    const all = new Turns();
    const one = all.holder('one');
    await assert.rejects(all.take('none', all.holder('none'), AbortSignal.abort(new Error('before'))), /before/);
    await all.take('one', one);
    const controller = new AbortController();
    const taken = all.take('two', all.holder('two'), controller.signal);
    const sent = all.send('a', 1);

    all.turns.release(one);
    controller.abort(new Error('between'));
    await assert.rejects(taken, /between/);
    await sent;

    assert.deepEqual(all.log, ['one', 'a']);
    assert.equal(all.turns.isFree, true);
  });

  it('changes nothing when a signal is aborted after the message was sent', async () => {
    const all = new Turns();
    const one = all.holder('one');
    const controller = new AbortController();
    await all.take('one', one);
    const sent = all.send('a', 1, controller.signal);
    all.turns.release(one);

    controller.abort();
    await sent;

    assert.equal(all.turns.waitingSize, 0);
  });

  it('gives no turn while the connection is not open', async () => {
    const all = new Turns();
    const one = all.holder('one');
    await all.take('one', one);
    const [sent, taken] = [all.send('a', 1), all.take('two', all.holder('two'))];
    all.isOpen = false;

    all.turns.release(one);
    const late = all.take('late', all.holder('late'));
    assert.deepEqual([await fateOf(sent), await fateOf(taken), await fateOf(late)], ['pending', 'pending', 'pending']);
    all.turns.end(END);

    for (const waiting of [sent, taken, late]) await assert.rejects(waiting, END);
    assert.deepEqual(all.log, ['one']);
    await assert.rejects(all.take('after', all.holder('after')), END);
  });

  describe('close', () => {
    it('hands all whole messages over, and tells of them when the open message is over', async () => {
      const all = new Turns();
      const one = all.holder('one', true);
      await all.take('one', one);
      const [first, pieces, second] = [all.send('a', 1), all.take('two', all.holder('two')), all.send('b', 1)];

      all.turns.close();
      all.isOpen = false;
      assert.deepEqual(all.log, ['one', 'hold one', 'a', 'b']);
      assert.equal(await fateOf(first), 'pending');
      assert.equal(all.turns.waitingSize, 0);
      all.turns.release(one);
      await Promise.all([first, second]);
      assert.equal(await fateOf(pieces), 'pending');
      all.turns.end(END);

      await assert.rejects(pieces, END);
    });

    it('tells of them at once where no message is open', async () => {
      const all = new Turns();
      await all.take('one', all.holder('one'));
      const sent = all.send('a', 1);

      all.turns.close();
      await sent;

      assert.deepEqual(all.log, ['one', 'hold one', 'a']);
    });

    it('tells of them that they were lost, if the open message never ends', async () => {
      const all = new Turns();
      await all.take('one', all.holder('one', true));
      const sent = all.send('a', 1);

      all.turns.close();
      all.turns.end(END);

      await assert.rejects(sent, END);
      assert.equal(all.log.at(-1), 'one loses: the end');
    });
  });
});
