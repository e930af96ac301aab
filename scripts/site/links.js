import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { filesBelow } from '../support/paths.js';

/**
 * @param {string} folder of a site that is built
 * @param {string} base the path that it is served below, with slashes around it
 * @returns {string[]} links that lead to no page of the site, or to a place that the page does not have
 */
export function findDeadLinks(folder, base) {
  const pages = filesBelow(folder).filter((file) => file.endsWith('.html'));
  const places = new Map(pages.map((file) => [file, placesIn(readFileSync(file, 'utf8'))]));
  const files = new Set(filesBelow(folder));
  const dead = pages.flatMap((file) =>
    linksIn(readFileSync(file, 'utf8'))
      .filter((href) => !isAlive(href, file))
      .map((href) => `${file.slice(folder.length + 1)}: ${href}`),
  );
  return [...new Set(dead)];

  /**
   * @param {string} href
   * @param {string} file where it stands
   * @returns {boolean}
   */
  function isAlive(href, file) {
    const [path = '', fragment = ''] = href.split('#').map(decodeURIComponent);
    const below = path.startsWith(base) ? join(folder, path.slice(base.length)) : resolve(dirname(file), path);
    const target =
      path === '' ? file : [below, `${below}.html`, join(below, 'index.html')].find((one) => files.has(one));
    if (target === undefined) return false;
    return fragment === '' || !target.endsWith('.html') || places.get(target)?.has(fragment) === true;
  }
}

/**
 * @param {string} html
 * @returns {string[]} what its links lead to, without other sites
 */
function linksIn(html) {
  return [...html.matchAll(/<a\b[^>]*?\bhref="([^"]*)"/g)]
    .map(([, href = '']) => href.replaceAll('&amp;', '&'))
    .filter((href) => !/^[a-z]+:/.test(href));
}

/**
 * @param {string} html
 * @returns {Set<string>} the ids of its elements
 */
function placesIn(html) {
  return new Set([...html.matchAll(/\bid="([^"]*)"/g)].map(([, id = '']) => id));
}
