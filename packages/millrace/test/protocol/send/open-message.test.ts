import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { OpenMessage } from '../../../src/protocol/send/open-message.ts';

/** What an open message says of itself. */
function stateOf({ insideMessage, insideFrame, missing, isFirstFrame }: OpenMessage): Record<string, unknown> {
  return { insideMessage, insideFrame, missing, isFirstFrame };
}

const CLOSED = { insideMessage: false, insideFrame: false, missing: 0 };
const FIRST = { insideMessage: true, insideFrame: false, missing: 0, isFirstFrame: true };
const BETWEEN = { insideMessage: true, insideFrame: false, missing: 0, isFirstFrame: false };

function begun(): OpenMessage {
  const message = new OpenMessage();
  message.begin();
  return message;
}

const STATES: [state: string, enter: () => OpenMessage][] = [
  ['ground', () => new OpenMessage()],
  ['message', begun],
  [
    'frame',
    () => {
      const message = begun();
      message.beginFrame(2, false);
      return message;
    },
  ],
];

const NO_MESSAGE = /no message is open: beginMessage comes first/;
const NO_FRAME = /^sendMessageFrameData: no frame is open: beginMessageFrame comes first$/;
const OPEN_MESSAGE = /^beginMessage: a message is open: endMessage comes first$/;
const OPEN_FRAME = /a frame is open, and 2 bytes of its payload are missing/;

/** Where each method is out of place, and what it says then. */
const MISUSES: [method: string, act: (message: OpenMessage) => unknown, errors: Record<string, RegExp>][] = [
  ['begin', (message) => message.begin(), { message: OPEN_MESSAGE, frame: OPEN_MESSAGE }],
  ['beginFrame', (message) => message.beginFrame(1, false), { ground: NO_MESSAGE, frame: OPEN_FRAME }],
  ['takeFrameData', (message) => message.takeFrameData(1), { ground: NO_FRAME, message: NO_FRAME }],
  ['end', (message) => message.end(), { ground: NO_MESSAGE, frame: OPEN_FRAME }],
  ['expectFrame', (message) => message.expectFrame(), { ground: NO_FRAME, message: NO_FRAME }],
  [
    'expectMessage',
    (message) => message.expectMessage('mine'),
    { ground: /^mine: no message/, frame: /^mine: a frame/ },
  ],
];

describe('OpenMessage', () => {
  for (const [method, act, errors] of MISUSES) {
    for (const [state, enter] of STATES) {
      const expected = errors[state];
      it(`${expected === undefined ? 'allows' : 'throws on'} ${method} in the state '${state}'`, () => {
        const message = enter();

        if (expected === undefined) {
          assert.doesNotThrow(() => act(message));
        } else {
          assert.throws(() => act(message), { name: 'LocalUsageError', message: expected });
          assert.deepEqual(stateOf(message), stateOf(enter()), 'nothing has changed');
        }
      });
    }
  }

  it('is not there before it begins', () => {
    assert.deepEqual(stateOf(new OpenMessage()), { ...CLOSED, isFirstFrame: false });
  });

  it('goes frame by frame, and says what is missing of each', () => {
    const message = begun();
    assert.deepEqual(stateOf(message), FIRST);

    message.beginFrame(5, false);
    assert.deepEqual(stateOf(message), { ...BETWEEN, insideFrame: true, missing: 5 });
    assert.equal(message.takeFrameData(2), 2);
    assert.equal(message.missing, 3);
    assert.equal(message.takeFrameData(3), 3);
    assert.deepEqual(stateOf(message), BETWEEN);
    message.beginFrame(1n, false);
    assert.equal(message.missing, 1);
    message.takeFrameData(1);

    assert.equal(message.end(), true, 'its end has to be sent');
    assert.deepEqual(stateOf(message), { ...CLOSED, isFirstFrame: false });
  });

  it('takes no more than belongs to the frame', () => {
    const message = begun();
    message.beginFrame(3, false);

    assert.equal(message.takeFrameData(10), 3);
    assert.deepEqual(stateOf(message), BETWEEN);
  });

  it('says that the next frame is the first until one has begun, or was sent whole', () => {
    const message = begun();
    message.takeFrame(false);
    assert.deepEqual(stateOf(message), BETWEEN);
    message.end();

    message.begin();
    assert.deepEqual(stateOf(message), FIRST);
  });

  const FINAL_FRAMES: [name: string, send: (message: OpenMessage) => void][] = [
    ['a whole one', (message) => message.takeFrame(true)],
    ['an empty one', (message) => message.beginFrame(0, true)],
    [
      'one in parts',
      (message) => {
        message.beginFrame(2, true);
        message.takeFrameData(1);
        assert.equal(message.insideMessage, true);
        message.takeFrameData(1);
      },
    ],
  ];

  for (const [name, send] of FINAL_FRAMES) {
    it(`is ended by its final frame, ${name}, so that nothing of its end has to be sent`, () => {
      const message = begun();

      send(message);

      assert.deepEqual(stateOf(message), { ...CLOSED, isFirstFrame: false });
      assert.equal(message.end(), false);
      assert.throws(() => message.end(), { name: 'LocalUsageError', message: NO_MESSAGE }, 'it was ended twice');
    });
  }

  it('forgets that a final frame ended it when the next one begins', () => {
    const message = begun();
    message.takeFrame(true);

    message.begin();
    message.takeFrame(false);

    assert.equal(message.end(), true);
    assert.throws(() => message.end(), { name: 'LocalUsageError', message: NO_MESSAGE });
  });

  it('goes on behind an empty frame that is not final', () => {
    const message = begun();

    message.beginFrame(0n, false);

    assert.deepEqual(stateOf(message), BETWEEN);
  });

  for (const length of [-1, 0.5, 2 ** 53, 2n ** 63n]) {
    it(`refuses a frame of length ${length}, and changes nothing`, () => {
      const message = begun();

      assert.throws(() => message.beginFrame(length, true), { name: 'LocalUsageError', message: /frame length is/ });
      assert.deepEqual(stateOf(message), FIRST);
    });
  }

  it('rounds what is missing of the longest frame', () => {
    const message = begun();

    message.beginFrame(2n ** 63n - 1n, false);

    assert.equal(message.takeFrameData(1000), 1000);
    assert.equal(message.missing, Number(2n ** 63n - 1001n));
  });

  for (const [state, enter] of STATES) {
    it(`is over when it is abandoned in the state '${state}', and another can begin`, () => {
      const message = enter();

      message.abandon();

      assert.deepEqual({ ...stateOf(message), isFirstFrame: undefined }, { ...CLOSED, isFirstFrame: undefined });
      assert.throws(() => message.end(), { name: 'LocalUsageError', message: NO_MESSAGE });
      message.begin();
      assert.deepEqual(stateOf(message), FIRST);
    });
  }
});
