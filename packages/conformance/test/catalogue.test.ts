import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { CATALOGUE, GROUPS, groupOf, type ConformanceCase } from '@millrace/conformance';

import { renderCoverage } from '../campaign/coverage-page.ts';
import { UNUSUAL_PEERS } from '../testees/unusual-peers.ts';

/** The groups that Autobahn|Testsuite has, without compression, and how many cases each has there. */
const AUTOBAHN = { '1': 16, '2': 11, '3': 7, '4': 10, '5': 20, '6': 145, '7': 37, '9': 54, '10': 1 } as const;

const OPENING = ['20', '21'];

function inGroup(group: string): ConformanceCase[] {
  return CATALOGUE.filter(({ id }) => groupOf(id) === group);
}

describe('the catalogue', () => {
  it('has every id once', () => {
    assert.equal(new Set(CATALOGUE.map(({ id }) => id)).size, CATALOGUE.length);
  });

  it('names the group of every case', () => {
    for (const { id } of CATALOGUE) assert.ok(groupOf(id) in GROUPS, id);
  });

  for (const [group, count] of Object.entries(AUTOBAHN)) {
    it(`covers Autobahn's group ${group}`, () => {
      assert.ok(inGroup(group).length >= count);
    });
  }

  it('has at least 300 cases of framing and 150 of the opening handshake', () => {
    const opening = OPENING.flatMap(inGroup).length;

    assert.ok(CATALOGUE.length - opening >= 300);
    assert.ok(opening >= 150);
  });

  it('is counted in README.md as it is', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
    for (const [group, name] of Object.entries(GROUPS)) {
      const [servers, clients] = (['server', 'client'] as const).map((role) =>
        String(inGroup(group).filter(({ peers }) => peers.includes(role)).length),
      );

      assert.ok(readme.includes(`| ${group} | ${name} | ${String(servers)} | ${String(clients)} |`), group);
    }
  });

  it('has its unusual peers in README.md', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
    for (const { name, section } of UNUSUAL_PEERS) {
      const roles = UNUSUAL_PEERS.filter((peer) => peer.name === name).map(({ role }) => role);

      assert.ok(readme.includes(`| ${name} | ${section} | ${roles.join(', ')} |`), name);
    }
  });

  it('says of every case what is ok', () => {
    for (const { id, outcomes } of CATALOGUE) {
      assert.ok(
        outcomes.some(({ verdict }) => verdict === 'ok'),
        id,
      );
    }
  });

  it('is data: nothing in it is lost on the way through JSON, but for lengths', () => {
    const text = JSON.stringify(CATALOGUE, (_, value: unknown) => {
      assert.notEqual(typeof value, 'function');
      return typeof value === 'bigint' ? String(value) : value;
    });

    assert.ok(text.length > 100_000);
  });

  it('gives a custom opening handshake to one role only', () => {
    for (const { id, request, response, peers } of CATALOGUE) {
      if (request !== undefined) assert.deepEqual(peers, ['server'], id);
      if (response !== undefined) assert.deepEqual(peers, ['client'], id);
    }
  });
});

describe('the requirements', () => {
  it('name cases that exist', () => {
    assert.match(renderCoverage(), /§8\.1/);
  });
});
