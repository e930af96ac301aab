import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path';

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
  if (source.endsWith('.md')) writeFileSync(target, withLinks(readFileSync(join(ROOT, source), 'utf8'), source, page));
  else cpSync(join(ROOT, source), target);
}

/**
 * @param {string} text of a page
 * @param {string} source
 * @param {string} page
 * @returns {string} the same, with the links of the site; what stands in code is left alone
 */
function withLinks(text, source, page) {
  const parts = text.split(/(^```[^]*?^```|`[^`\n]+`)/m);
  return parts
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(/\]\(([^)\s]+)\)/g, (_, /** @type {string} */ href) => `](${linkOf(href, source, page)})`),
    )
    .join('');
}

/**
 * @param {string} href as it is written
 * @param {string} source the file that it stands in
 * @param {string} page the page that is made of it
 * @returns {string}
 * @throws {Error} the link leads nowhere
 */
function linkOf(href, source, page) {
  if (/^(https?:|mailto:|#|\/)/.test(href)) return href;

  const [path = '', fragment] = href.split('#');
  const target = displayPath(resolve(ROOT, dirname(source), path));
  const hash = fragment === undefined ? '' : `#${fragment}`;
  const linked = target.startsWith('docs/') ? target.slice('docs/'.length) : FURTHER_PAGES.get(target);
  if (linked !== undefined && existsSync(join(ROOT, target))) {
    const link = relative(dirname(page), linked).split(sep).join('/');
    return (posix.dirname(link) === '.' ? `./${basename(link)}` : link) + hash;
  }
  if (!existsSync(join(ROOT, target))) throw new Error(`${source} has a link to ${href}, and there is no ${target}`);
  const kind = statSync(join(ROOT, target)).isDirectory() ? 'tree' : 'blob';
  return `${repositoryUrl()}/${kind}/main/${target}${hash}`;
}

/** @returns {string} of the pages of the repository, as the library's package.json says */
export function repositoryUrl() {
  /** @type {{ repository: { url: string } }} */
  const { repository } = JSON.parse(readFileSync(join(ROOT, 'packages/millrace/package.json'), 'utf8'));
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}
