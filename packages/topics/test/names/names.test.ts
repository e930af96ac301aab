import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from 'millrace';

import { PatternIndex, matches } from '../../src/names/pattern.ts';
import { fromNatsSubject, toNatsSubject, toNatsToken } from '../../src/names/nats-name.ts';
import { fromRedisName, toRedisName } from '../../src/names/redis-name.ts';
import { checkPattern, checkTopic, isPattern } from '../../src/names/topic-name.ts';
import { createRandom, type Random } from '../helpers/random.ts';

const TOPICS = ['a', 'chat/1', 'Grüße/世界', 'a b/c.d', 'a*/b', '=/{}', 's'.repeat(64), 'a/'.repeat(15) + 'a'];

const INVALID: readonly (readonly [name: unknown, why: RegExp])[] = [
  ['', /empty segment/],
  ['/a', /empty segment/],
  ['a/', /empty segment/],
  ['a//b', /empty segment/],
  ['a\nb', /control character/],
  ['a\u0085', /control character/],
  ['\ud800', /surrogate/],
  ['s'.repeat(65), /segment is too long/],
  ['ü'.repeat(33), /segment is too long/],
  ['a/'.repeat(16) + 'a', /17 segments/],
  [`${'s'.repeat(60)}/`.repeat(3) + 's'.repeat(20), /too long/],
  [undefined, /no string/],
  [7, /no string/],
];

/** pattern, topic, whether it matches */
const MATCHES: readonly (readonly [pattern: string, topic: string, isMatch: boolean])[] = [
  ['a/b', 'a/b', true],
  ['a/b', 'a/c', false],
  ['a', 'a/b', false],
  ['a/*', 'a/b', true],
  ['a/*', 'a/b/c', false],
  ['a/*', 'a', false],
  ['*', 'a', true],
  ['*/c', 'b/c', true],
  ['a/**', 'a/b', true],
  ['a/**', 'a/b/c/d', true],
  ['a/**', 'a', false],
  ['**', 'a', true],
  ['a/*/**', 'a/b', false],
  ['a/*/**', 'a/b/c', true],
  ['a*', 'ab', false],
];

describe('names of topics', () => {
  for (const topic of TOPICS) {
    it(`may be ${JSON.stringify(topic)}`, () => assert.equal(checkTopic(topic), topic));
  }

  for (const [name, why] of INVALID) {
    it(`may not be ${JSON.stringify(name)}, which is told`, () => {
      assert.throws(
        () => checkTopic(name),
        (error) => error instanceof LocalUsageError && why.test(error.message),
      );
      assert.throws(() => checkPattern(name), LocalUsageError);
    });
  }

  it('have no wildcards, which patterns have', () => {
    for (const name of ['*', 'a/*', 'a/**', '**']) {
      assert.throws(() => checkTopic(name), LocalUsageError);
      assert.equal(isPattern(checkPattern(name)), true);
    }
    assert.throws(() => checkPattern('a/**/b'), LocalUsageError);
    assert.equal(isPattern('a*/b'), false);
  });
});

describe('patterns', () => {
  for (const [pattern, topic, isMatch] of MATCHES) {
    it(`${pattern} ${isMatch ? 'matches' : 'does not match'} ${topic}`, () =>
      assert.equal(matches(pattern, topic), isMatch));
  }

  it('are found by an index as by trying each of them', () => {
    const random = createRandom(7);
    for (let round = 0; round < 200; round++) {
      const index = new PatternIndex<string>();
      const patterns = new Set<string>();
      for (let count = 0; count < 20; count++) {
        const pattern = randomName(random, ['a', 'b', '*']) + (random.chance(0.3) ? '/**' : '');
        if (random.chance(0.3) && patterns.delete(pattern)) index.delete(pattern);
        else {
          patterns.add(pattern);
          index.set(pattern, pattern);
        }
      }
      const topic = randomName(random, ['a', 'b', 'c']);
      const found = [...patterns].filter((pattern) => matches(pattern, topic));

      assert.deepEqual(index.matching(topic).sort(), found.sort());

      for (const pattern of patterns) index.delete(pattern);
      assert.equal(index.isEmpty, true);
    }
  });
});

describe('names in Redis', () => {
  it('are read back as what they were, and never meet', () => {
    const random = createRandom(11);
    const written = new Map<string, string>();
    for (let round = 0; round < 5000; round++) {
      const topic = randomName(random, ['=', '{', '}', '7', 'B', '3', 'D', 'a', 'ü', '=7B', '*']);
      const name = toRedisName(topic);

      assert.equal(fromRedisName(name), topic);
      assert.equal(written.get(name) ?? topic, topic);
      assert.doesNotMatch(name, /[{}]/);
      written.set(name, topic);
    }
  });

  it('are not taken for what they cannot be', () => {
    assert.equal(fromRedisName('{a}'), undefined);
    assert.equal(fromRedisName('a=b'), undefined);
  });
});

describe('names in NATS', () => {
  it('are read back as what they were, never meet, and are tokens of letters, digits, _, - and =', () => {
    const random = createRandom(13);
    const written = new Map<string, string>();
    for (let round = 0; round < 5000; round++) {
      const topic = randomName(random, [
        '=',
        '.',
        '>',
        '*',
        ' ',
        '3D',
        'a',
        'A',
        '_',
        '-',
        'ü',
        '=2E',
        '\u{1f600}',
        '$',
      ]);
      const subject = toNatsSubject(topic);

      assert.equal(fromNatsSubject(subject), topic);
      assert.equal(written.get(subject) ?? topic, topic);
      assert.match(subject, /^[\w=-]+(\.[\w=-]+)*$/);
      written.set(subject, topic);
    }
  });

  it('are not taken for what they cannot be', () => {
    for (const subject of ['a b', 'a=2f', 'a=2Fb', 'a=', 'a=41', '=FF', 'ü']) {
      assert.equal(fromNatsSubject(subject), undefined, subject);
    }
  });

  it('are one token where they are to be, whatever they are', () => {
    assert.equal(toNatsToken('a/b.c'), 'a=2Fb=2Ec');
  });
});

function randomName(random: Random, pieces: readonly string[]): string {
  const segments = Array.from({ length: random.below(4) + 1 }, () => random.pick(pieces) ?? '');
  return segments.join('/');
}
