// What a reviewer should not have to say. Formatting belongs to prettier, import directions to .dependency-cruiser.js.
import jsdoc from 'eslint-plugin-jsdoc';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const LIBRARY = ['packages/*/src/**/*.ts'];
const TESTS = ['packages/*/test/**/*.ts', 'interop/test/**/*.ts', 'bench/test/**/*.ts'];
const CONFIGURATION = ['eslint.config.js', '.dependency-cruiser.js', 'site/.vitepress/config.js'];
const COMMANDS = ['packages/conformance/bin/*.js'];

/**
 * Every place where a rule does not hold, and why. Comments that switch rules off have no effect.
 *
 * @type {{ files: string[], rules: string[], reason: string }[]}
 */
const EXCEPTIONS = [
  {
    files: ['**/globals.d.ts'],
    rules: ['no-restricted-syntax', '@typescript-eslint/no-extraneous-class'],
    reason: 'declares what the host provides, in the shape that it has there',
  },
  {
    files: ['interop/peers/types/*.d.ts'],
    rules: ['no-restricted-syntax', 'no-restricted-exports'],
    reason: 'declares packages without types of their own, in the shape that they have',
  },
  {
    files: [
      'packages/millrace/src/classes/server-protocol.ts',
      'packages/millrace/src/connections/serve-options.ts',
      'packages/millrace/src/connections/reconnecting/retry-options.ts',
    ],
    rules: ['@typescript-eslint/no-invalid-void-type'],
    reason: 'onConnect and onConnecting may answer nothing, and a function that returns nothing has the type void',
  },
  {
    files: ['packages/millrace/src/connections/upgrade.ts'],
    rules: ['max-params'],
    reason: "the first three arguments are those of the event 'upgrade', handed on as they come",
  },
  {
    files: ['packages/ws/src/web-socket-server.ts'],
    rules: ['max-params'],
    reason: 'programs override completeUpgrade as ws calls it',
  },
  {
    files: ['packages/ws/src/index.ts', 'packages/ws/src/common-js.ts'],
    rules: ['no-restricted-exports'],
    reason: 'the package has the exports of ws',
  },
  {
    files: ['site/.vitepress/config.js'],
    rules: ['@typescript-eslint/no-unsafe-call'],
    reason: 'the tools of the site, with their types, are only installed where it is built',
  },
  {
    files: CONFIGURATION,
    rules: ['no-restricted-exports'],
    reason: 'the tools expect a default export',
  },
  {
    files: ['scripts/**/*.js'],
    rules: ['@typescript-eslint/no-unsafe-assignment'],
    reason: 'the rule does not see types that stand in JSDoc; the compiler does',
  },
  {
    files: ['**/*.generated.ts'],
    rules: ['max-lines'],
    reason: 'nobody reads it',
  },
  {
    files: [
      'packages/millrace/src/protocol/connection/connection.ts',
      'packages/millrace/src/protocol/connection/message-sender.ts',
      'packages/millrace/src/protocol/receive/inbound.ts',
    ],
    rules: ['max-lines'],
    reason: 'each is the one door to a whole room: most of its lines say what goes through to its parts',
  },
  {
    files: TESTS,
    rules: ['max-lines-per-function'],
    reason: 'a `describe` is one function and holds the tests of a whole module',
  },
  {
    files: TESTS,
    rules: ['@typescript-eslint/consistent-type-assertions'],
    reason: 'tests also pass what the types forbid',
  },
  {
    files: TESTS,
    rules: ['@typescript-eslint/require-await'],
    reason: 'a stand-in for a hook has its signature, not its work',
  },
];

/** @type {import('eslint').Linter.RulesRecord} */
const sizes = {
  'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
  'max-lines-per-function': ['error', { max: 50, skipBlankLines: false, skipComments: false }],
  'max-params': ['error', 4],
  complexity: ['error', 12],
};

/** @type {import('eslint').Linter.RulesRecord} */
const language = {
  eqeqeq: 'error',
  'no-restricted-exports': [
    'error',
    { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } },
  ],
};

/** @type {import('eslint').Linter.RulesRecord} */
const types = {
  '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
  '@typescript-eslint/no-non-null-assertion': 'off', // the selector below is narrower: it allows `bytes[i]!`
  'no-restricted-syntax': [
    'error',
    {
      selector: 'TSNonNullExpression:not([expression.type="MemberExpression"][expression.computed=true])',
      message: '`!` is for an index that is known to be within bounds: `bytes[i]!`.',
    },
    {
      selector: 'TSEnumDeclaration, TSModuleDeclaration, TSParameterProperty',
      message: 'Only syntax that Node can strip: an `as const` object, a module, a field.',
    },
  ],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
  '@typescript-eslint/no-floating-promises': [
    'error',
    { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['describe', 'it', 'suite', 'test'] }] },
  ],
};

const EXPORTED = 'ExportNamedDeclaration > :matches(ClassDeclaration, FunctionDeclaration, VariableDeclaration, ';

/** @type {import('eslint').Linter.RulesRecord} */
const documentation = {
  'no-console': 'error',
  'jsdoc/require-jsdoc': [
    'error',
    {
      publicOnly: { ancestorsOnly: true },
      require: { FunctionDeclaration: false },
      contexts: [`${EXPORTED}TSInterfaceDeclaration, TSTypeAliasDeclaration)`],
      enableFixer: false,
    },
  ],
  'jsdoc/no-restricted-syntax': [
    'error',
    {
      contexts: [
        {
          context: 'any',
          comment: 'JsdocBlock:has(JsdocTag[tag="throws"]:not([rawType=/^[A-Z]\\w+$/]))',
          message: '`@throws {SomeError}` names the class.',
        },
        {
          context: 'any',
          comment: 'JsdocBlock:has(JsdocTag[tag=/^(param|returns?|property|type)$/][rawType=/./])',
          message: 'TypeScript says the type.',
        },
      ],
    },
  ],
};

export default defineConfig(
  // What stands in drop-in is written as the users of a dozen packages write it, without types; the types of ws have the shape of those that programs know; the programs of the types matrix are compiled against the packed library only; bundles are pages, and bundlers that are installed when they run.
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      'coverage/',
      'site/pages/',
      'site/.vitepress/cache/',
      'interop/drop-in/',
      'scripts/types-matrix/',
      'scripts/bundles/',
      'packages/ws/types/',
      'packages/ws/index.cjs',
      'packages/ws/browser.cjs',
    ],
  },
  {
    linterOptions: { noInlineConfig: true },
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [...CONFIGURATION, ...COMMANDS],
          defaultProject: 'scripts/tsconfig.json',
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { jsdoc },
  },
  tseslint.configs.strictTypeChecked,
  { rules: { ...sizes, ...language, ...types } },
  { files: LIBRARY, rules: documentation },
  {
    files: ['packages/conformance/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^millrace(?!/protocol/wire$)',
              message: 'A suite must not test the connection with the connection.',
            },
          ],
        },
      ],
    },
  },
  { files: TESTS, rules: { 'max-lines': ['error', { max: 600, skipBlankLines: false, skipComments: false }] } },
  EXCEPTIONS.map(({ files, rules }) => ({ files, rules: Object.fromEntries(rules.map((rule) => [rule, 'off'])) })),
);
