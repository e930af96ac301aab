// What the site looks like, and the order of its pages. `npm run docs:site` builds and shows it.
import { readFileSync } from 'node:fs';

import { withMermaid } from 'vitepress-plugin-mermaid';

import { repositoryUrl } from '../../scripts/support/links.js';

/**
 * @param {string} text
 * @param {Record<string, string>} pages their titles, by name
 */
const group = (text, pages) => ({
  text,
  items: Object.entries(pages).map(([page, title]) => ({ text: title, link: `/${page}` })),
});

const GUIDE = [
  group('Start', {
    'getting-started': 'Getting started',
    levels: 'Levels',
    'flow-control': 'Flow control',
    memory: 'Memory',
    examples: 'Examples',
  }),
  group('Servers', {
    production: 'In production',
    authentication: 'Authentication',
    'rooms-and-presence': 'Rooms and presence',
    scaling: 'Topics on several machines',
    'long-jobs': 'Long jobs',
    observability: 'Observability',
  }),
  group('Clients', {
    clients: 'Proxies and credentials',
    reconnecting: 'Reconnecting',
    web: 'The interfaces of the web',
  }),
  group('More', {
    compression: 'Compression',
    extensions: 'Extensions',
    adapters: 'Adapters',
    testing: 'Testing',
    troubleshooting: 'Troubleshooting',
    'driving-the-protocol': 'Driving the protocol',
  }),
  group('Coming from', {
    'drop-in': 'ws, by one line',
    'coming-from-ws': 'ws',
    'coming-from-others': 'Socket.IO, µWebSockets.js, Bun',
    'coming-from-autobahn': 'AutobahnPython',
  }),
  group('Facts', {
    options: 'Options',
    closing: 'How a connection closes',
    platforms: 'Platforms',
    conformance: 'Conformance',
    'rfc-coverage': 'Coverage of RFC 6455',
    interop: 'Other implementations',
  }),
  group('Project', {
    architecture: 'Architecture',
    decisions: 'Decisions',
    'broker-format': 'Format of the brokers',
    changelog: 'Changes',
    contributing: 'Contributing',
    security: 'Security',
  }),
];

/** @returns {unknown} the entries of the API, as they were generated */
const apiEntries = () =>
  JSON.parse(readFileSync(new URL('../pages/api/typedoc-sidebar.json', import.meta.url), 'utf8'));

export default withMermaid({
  title: 'Millrace',
  description: 'A WebSocket library for Node.js and TypeScript in which a message is a stream',
  base: '/millrace/',
  srcDir: 'pages',
  outDir: 'dist',
  cleanUrls: true,
  lastUpdated: false,
  markdown: { languageAlias: { squid: 'ini', tinyproxy: 'ini', haproxy: 'nginx' } },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/getting-started', activeMatch: '^/(?!api|options)' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Options', link: '/options' },
    ],
    sidebar: { '/api/': apiEntries(), '/': GUIDE },
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repositoryUrl() }],
    footer: { message: 'MIT licence' },
  },
});
