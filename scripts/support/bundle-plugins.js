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
 * Takes comments out, and writes characters beyond Latin-1 as escapes: V8 keeps a source with one of them in twice the memory.
 *
 * @returns {import('rollup').OutputPlugin}
 */
export function leanCode() {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.Preserve, removeComments: true };
  return {
    name: 'lean-code',
    renderChunk: (code) =>
      ts
        .transpileModule(code, { compilerOptions, fileName: 'chunk.js' })
        .outputText.replace(/[\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  };
}
