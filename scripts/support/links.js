import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { ROOT, displayPath } from './paths.js';

/**
 * @param {string} text of a page in Markdown
 * @param {(href: string) => string} toLink
 * @returns {string} the same with other links; what stands in code is left alone
 */
export function mapLinks(text, toLink) {
  const parts = text.split(/(^```[^]*?^```|`[^`\n]+`)/m);
  return parts
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(/\]\(([^)\s]+)\)/g, (_, /** @type {string} */ href) => `](${toLink(href)})`),
    )
    .join('');
}

/**
 * @param {string} href
 * @returns {boolean} whether it leads to the same wherever it stands
 */
export function isAbsolute(href) {
  return /^(https?:|mailto:|#|\/)/.test(href);
}

/**
 * @param {string} href relative to a file
 * @param {string} source that file, relative to the repository
 * @returns {{ target: string, hash: string }} what it leads to, relative to the repository
 * @throws {Error} there is no such file
 */
export function resolveLink(href, source) {
  const [path = '', fragment] = href.split('#');
  const target = displayPath(resolve(ROOT, dirname(source), path));
  if (!existsSync(join(ROOT, target))) throw new Error(`${source} has a link to ${href}, and there is no ${target}`);
  return { target, hash: fragment === undefined ? '' : `#${fragment}` };
}

/**
 * @param {string} target a file or folder, relative to the repository
 * @returns {string} where it is shown; for pictures, where they are themselves
 */
export function repositoryLink(target) {
  const kind = statSync(join(ROOT, target)).isDirectory() ? 'tree' : 'blob';
  return `${repositoryUrl()}/${target.endsWith('.svg') ? 'raw' : kind}/main/${target}`;
}

/** @returns {string} of the pages of the repository, as the library's package.json says */
export function repositoryUrl() {
  /** @type {{ repository: { url: string } }} */
  const { repository } = JSON.parse(readFileSync(join(ROOT, 'packages/millrace/package.json'), 'utf8'));
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}
