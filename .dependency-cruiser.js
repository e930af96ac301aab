// Imports point one way only. Type-only imports count.

const SRC = '^packages/millrace/src/';

/**
 * What each folder may import besides itself. Reading from the top, a folder sees only what stands above it.
 *
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {};

arrow('protocol/base', []);
arrow('protocol/wire', ['protocol/base']);
arrow('protocol/receive', ['protocol/wire']);
arrow('protocol/send', ['protocol/wire']);
arrow('protocol/extension', ['protocol/receive', 'protocol/send']);
arrow('protocol/connection', ['protocol/extension']);
arrow('protocol/handshake/proxies', ['protocol/base']);
arrow('protocol/handshake/rules', ['protocol/handshake/proxies']);
arrow('protocol/handshake/http1', ['protocol/handshake/rules']);

arrow('deflate', ['protocol']);
arrow('transport', ['protocol']);
arrow('engine', ['transport', 'deflate']);
arrow('server', ['engine']);
arrow('client', ['engine']);
arrow('connections', ['server', 'client']);
arrow('classes', ['server', 'client']);
arrow('facade', ['connections']);
arrow('web', ['connections']);
arrow('tunnel', ['connections']);
arrow('testing', ['connections']);
arrow('browser', ['connections']);

const folders = Object.entries(MAY_IMPORT);
const known = folders.map(([folder]) => `${SRC}${folder}/`);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...folders.map(([folder, imports]) => ({
      name: `arrows-of-${folder.replaceAll('/', '-')}`,
      comment: `${folder} may import ${imports.join(', ') || 'nothing'} only`,
      severity: /** @type {const} */ ('error'),
      from: { path: `${SRC}${folder}/` },
      to: { path: SRC, pathNot: [folder, ...imports].map((name) => `${SRC}${name}/`) },
    })),
    {
      name: 'known-folders',
      comment: 'a new folder of the library needs its arrow above',
      severity: 'error',
      from: { path: SRC, pathNot: [...known, `${SRC}index\\.ts$`, `${SRC}protocol/(index|globals\\.d)\\.ts$`] },
      to: {},
    },
    {
      name: 'protocol-stands-alone',
      comment: 'the protocol knows no I/O: nothing from outside it, not even from Node',
      severity: 'error',
      from: { path: `${SRC}protocol/` },
      to: { pathNot: `${SRC}protocol/` },
    },
    {
      name: 'library-stands-alone',
      comment: 'the library has no dependencies, and does not know its tests',
      severity: 'error',
      from: { path: SRC },
      to: { pathNot: SRC, dependencyTypesNot: ['core'] },
    },
    {
      name: 'index-without-other-entry-points',
      comment: 'what is for tests, the web and tunnels has entry points of its own',
      severity: 'error',
      from: { path: `${SRC}index\\.ts$` },
      to: { path: `${SRC}(testing|web|tunnel)/` },
    },
    {
      name: 'browser-runs-without-node',
      comment:
        'what browsers load: the vocabulary of the protocol, and what is written for either side; of all else its types',
      severity: 'error',
      from: { path: `${SRC}browser/` },
      to: {
        pathNot: [
          'browser/',
          'protocol/base/',
          'engine/(abort|deferred)\\.ts$',
          'connections/adapters/(adapted-connection|connection-streams)\\.ts$',
          'connections/receiving/end-of-messages\\.ts$',
          'connections/reconnecting/(connection-port|reconnect-control|reconnection|retry-options|staying-client|undelivered-message-error|waiting)\\.ts$',
        ].map((path) => SRC + path),
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'examples-use-the-package',
      comment: "an example imports 'millrace', as its reader will, and so does what runs other libraries against it",
      severity: 'error',
      from: { path: '^(examples|interop)/' },
      to: { path: '^packages/[^/]+/(src|test)/' },
    },
    {
      name: 'peers-know-no-millrace',
      comment: 'the programs of peers share nothing with ours but the convention',
      severity: 'error',
      from: { path: '^interop/peers/' },
      to: { path: '^(packages|interop)/', pathNot: '^interop/(peers|node_modules)/' },
    },
    {
      name: 'drop-in-uses-the-package',
      comment: "what stands in for ws imports public names: 'millrace', 'millrace/facade', 'millrace/protocol'",
      severity: 'error',
      from: { path: '^packages/ws/' },
      to: { path: '^packages/millrace/(src|test)/' },
    },
    {
      name: 'conformance-knows-the-wire-only',
      comment:
        "a suite must not test the connection with the connection: of the library it has 'millrace/protocol/wire'",
      severity: 'error',
      from: { path: '^packages/conformance/' },
      to: { path: '^packages/millrace/(src|test)/' },
    },
    {
      name: 'conformance-stands-alone',
      comment: 'what is published knows neither the programs under test nor what runs them',
      severity: 'error',
      from: { path: '^packages/conformance/src/' },
      to: { path: '^packages/conformance/(testees|campaign|test)/' },
    },
    {
      name: 'naive-peers-know-nobody',
      comment: 'a naive peer shares neither the library nor the suite, or it would judge itself',
      severity: 'error',
      from: { path: '^packages/conformance/testees/naive/' },
      to: {
        path: '^packages/',
        pathNot: '^packages/conformance/testees/(naive/|drive-cases\\.ts$)',
      },
    },
    {
      name: 'topics-know-the-public-names-only',
      comment: "topics are built on what everybody has: 'millrace', and Node",
      severity: 'error',
      from: { path: '^packages/topics/' },
      to: { path: '^packages/[^/]+/(src|test)/', pathNot: '^packages/topics/' },
    },
    {
      name: 'topics-stand-alone',
      comment: 'the package has no dependencies but its peer, and does not know its tests',
      severity: 'error',
      from: { path: '^packages/topics/src/', pathNot: '^packages/topics/src/broker/nats/nats-message\\.ts$' },
      to: { pathNot: '^packages/(topics/src|millrace/dist/src)/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'topics-write-headers-of-nats',
      comment: 'the client of NATS alone makes its headers: an optional peer, which one file knows',
      severity: 'error',
      from: { path: '^packages/topics/src/broker/nats/nats-message\\.ts$' },
      to: {
        pathNot: '^(packages/(topics/src|millrace/dist/src)|node_modules/@nats-io/nats-core)/',
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'topics-client-is-for-browsers',
      comment: "what clients load is small, and knows nothing of Node or of the server's side",
      severity: 'error',
      from: { path: '^packages/topics/src/client/' },
      to: { pathNot: '^packages/topics/src/client/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'the packages of peers are installed when they are run',
      severity: 'error',
      from: { pathNot: '^(interop/(peers|drop-in)|bench/peers)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    exclude: { path: '(^|/)dist/|^packages/ws/types/' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};

/**
 * States that a folder may import others, and everything that they may import.
 *
 * @param {string} folder
 * @param {string[]} others listed before
 */
function arrow(folder, others) {
  MAY_IMPORT[folder] = [...new Set(others.flatMap((other) => [other, ...(MAY_IMPORT[other] ?? [])]))];
}
