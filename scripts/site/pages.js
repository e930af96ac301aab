import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix, relative, sep } from 'node:path';

import { isAbsolute, mapLinks, repositoryLink, resolveLink } from '../support/links.js';
import { ROOT, displayPath, filesBelow } from '../support/paths.js';

/** Where the site is built from; everything in it is copied or generated. */
export const PAGES_FOLDER = join(ROOT, 'site/pages');

/** Pages that do not stand in `docs`, by the file that they are made of. */
const FURTHER_PAGES = new Map([
  ['site/index.md', 'index.md'],
  ['examples/README.md', 'examples.md'],
  ['CHANGELOG.md', 'changelog.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['SECURITY.md', 'security.md'],
]);

/** Copies what is written by hand to {@link PAGES_FOLDER}, with links that lead to pages of the site, or to the repository. */
export function writePages() {
  rmSync(PAGES_FOLDER, { recursive: true, force: true });
  for (const source of filesBelow(join(ROOT, 'docs')).map(displayPath)) copy(source, source.slice('docs/'.length));
  for (const [source, page] of FURTHER_PAGES) copy(source, page);
}

/**
 * @param {string} source relative to the repository
 * @param {string} page relative to the folder of pages
 */
function copy(source, page) {
  const target = join(PAGES_FOLDER, page);
  mkdirSync(dirname(target), { recursive: true });
  if (source.endsWith('.md')) {
    const text = readFileSync(join(ROOT, source), 'utf8');
    writeFileSync(
      target,
      mapLinks(text, (href) => linkOf(href, source, page)),
    );
  } else {
    cpSync(join(ROOT, source), target);
  }
}

/**
 * @param {string} href as it is written
 * @param {string} source the file that it stands in
 * @param {string} page the page that is made of it
 * @returns {string}
 * @throws {Error} the link leads nowhere
 */
function linkOf(href, source, page) {
  if (isAbsolute(href)) return href;

  const { target, hash } = resolveLink(href, source);
  const linked = target.startsWith('docs/') ? target.slice('docs/'.length) : FURTHER_PAGES.get(target);
  if (linked === undefined) return repositoryLink(target) + hash;
  const link = relative(dirname(page), linked).split(sep).join('/');
  return (posix.dirname(link) === '.' ? `./${basename(link)}` : link) + hash;
}
