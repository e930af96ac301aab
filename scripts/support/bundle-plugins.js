import ts from 'typescript';

/**
 * The maps of single modules mean nothing in a bundle.
 *
 * @returns {import('rollup').Plugin}
 */
export function withoutMapComments() {
  return { name: 'without-map-comments', transform: (code) => code.replace(/^\/\/# sourceMappingURL=.*$/m, '') };
}

/**
 * Takes comments out, indents by tabs, and writes characters beyond Latin-1 as escapes: V8 keeps a source with one of them in twice the memory.
 *
 * @returns {import('rollup').OutputPlugin}
 */
export function leanCode() {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.Preserve, removeComments: true };
  return {
    name: 'lean-code',
    renderChunk: (code) =>
      indentByTabs(ts.transpileModule(code, { compilerOptions, fileName: 'chunk.js' }).outputText).replace(
        /[\u0100-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
  };
}

/**
 * @param {string} code as TypeScript prints it: with four spaces for each level
 * @returns {string} the same with tabs, but for what stands in template literals
 */
function indentByTabs(code) {
  const literals = templatesIn(ts.createSourceFile('chunk.js', code, ts.ScriptTarget.ES2023));
  return code.replace(/^(?: {4})+/gm, (spaces, /** @type {number} */ at) =>
    literals.some(({ pos, end }) => pos < at && at < end) ? spaces : '\t'.repeat(spaces.length / 4),
  );
}

/**
 * @param {ts.Node} node
 * @returns {ts.Node[]} the template literals in it
 */
function templatesIn(node) {
  if (ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node];
  /** @type {ts.Node[]} */
  const found = [];
  ts.forEachChild(node, (child) => void found.push(...templatesIn(child)));
  return found;
}
