import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CATALOGUE, selectCases } from '@millrace/conformance';

import { compareIds } from '../../src/run/select.ts';

describe('selectCases', () => {
  it('takes globs over ids, across dots', () => {
    const { cases } = selectCases(CATALOGUE, { role: 'server', include: ['1.1.*', '{3,4}.*'] });

    assert.ok(cases.every(({ id }) => /^(1\.1\.|3\.|4\.)/.test(id)));
    assert.ok(cases.some(({ id }) => id === '4.2.5'));
  });

  it('tells 5.1 from 5.10', () => {
    const { cases } = selectCases(CATALOGUE, { role: 'server', include: ['5.1'] });

    assert.deepEqual(
      cases.map(({ id }) => id),
      ['5.1'],
    );
  });

  it('leaves out what is excluded, with the reason', () => {
    const exclude = [{ glob: '7.7.*', reason: 'later' }];
    const { cases, excluded } = selectCases(CATALOGUE, { role: 'client', include: ['7.*'], exclude });

    assert.ok(cases.every(({ id }) => !id.startsWith('7.7.')));
    assert.deepEqual(excluded[0], { id: '7.7.1', reason: 'later' });
  });

  it('leaves out what tests the other role', () => {
    assert.equal(selectCases(CATALOGUE, { role: 'client', include: ['20.*'] }).cases.length, 0);
  });
});

describe('compareIds', () => {
  it('orders by number', () => {
    assert.deepEqual(['10.1', '2.10', '2.9', '2'].toSorted(compareIds), ['2', '2.9', '2.10', '10.1']);
  });
});
