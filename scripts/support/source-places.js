import ts from 'typescript';

/**
 * Where a function stands in a source.
 *
 * @typedef {{ start: number, end: number }} Place
 */

/**
 * Finds functions by their name, wherever they stand: `take`, `#seal`, `get cost`, `constructor`, or `OutputQueue.take` where several have the name.
 *
 * @param {string} source
 * @param {string} name
 * @returns {Place[]}
 */
export function findFunctions(source, name) {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  /** @type {Place[]} */
  const places = [];
  /**
   * @param {ts.Node} node
   * @param {string} owner
   */
  const visit = (node, owner) => {
    const own = nameOf(node);
    if (own !== undefined && (own === name || `${owner}.${own}` === name)) {
      places.push({ start: node.getStart(file), end: node.getEnd() });
    }
    const within = ts.isClassLike(node) ? (node.name?.text ?? '') : owner;
    ts.forEachChild(node, (child) => visit(child, within));
  };
  visit(file, '');
  return places;
}

/**
 * @param {ts.Node} node
 * @returns {string | undefined} the name of a function
 */
function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (ts.isGetAccessor(node)) return `get ${node.name.getText()}`;
  if (ts.isSetAccessor(node)) return `set ${node.name.getText()}`;
  if (ts.isMethodDeclaration(node)) return node.name.getText();
  if (ts.isFunctionDeclaration(node)) return node.name?.text;
  // `readonly #run = () => …`, `const run = () => …`
  const holdsFunction = ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node);
  if (holdsFunction && node.initializer !== undefined && ts.isFunctionLike(node.initializer))
    return node.name.getText();
  return undefined;
}
