import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { renderCoverage } from '../campaign/coverage-page.ts';
import { fingerprintCatalogue } from '../campaign/results-page.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);

const squeeze = (text: string): string => text.replaceAll(/[\s|-]+/g, ' ');

describe('the pages about conformance', () => {
  it('docs/rfc-coverage.md says what the requirements say', () => {
    const page = readFileSync(new URL('rfc-coverage.md', DOCS), 'utf8');

    assert.equal(squeeze(page), squeeze(renderCoverage()), 'npm run conformance');
  });

  it('docs/conformance.md is about the cases as they are', () => {
    const page = readFileSync(new URL('conformance.md', DOCS), 'utf8');

    assert.ok(page.includes(`Catalogue ${fingerprintCatalogue()}`), 'npm run conformance');
  });
});
