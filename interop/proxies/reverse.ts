// Proxies that stand in front of a server, as data.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findFreePort, start, stop, waitForListener } from '../tunnel/program.ts';
import type { ProxyKind, Surroundings, Ways } from './forward.ts';
import { startServer, writeConfig } from './servers.ts';

/** All that stands in front of a server. */
export const REVERSE_PROXIES: readonly ProxyKind[] = [
  { name: 'nginx →', open: openNginx },
  { name: 'haproxy →', open: openHaproxy },
];

const FROM = ['127.0.0.1'];
/** Where clients come from: not from where the proxies are, or they would be taken for proxies. */
const CLIENT_ADDRESS = '127.0.0.2';
const CLIENT = /^127\.0\.0\.2(:\d+)?$/;

async function openNginx({ folder, certificate }: Surroundings): Promise<Ways> {
  const server = await startServer({ trustedProxies: { from: FROM, headers: 'x-forwarded' } });
  const [plain, encrypted] = [await findFreePort(), await findFreePort()];
  const pem = writePem(folder, `${certificate.cert.trim()}\n${certificate.key.trim()}\n`);
  const changes = {
    '8080': String(plain),
    '8443': String(encrypted),
    '9000': String(server.port),
    '/etc/ssl/example.com.pem': pem,
    // Shorter than the five seconds that a case is idle.
    '60s': '3s',
  };
  const quiet = `daemon off;\nerror_log stderr;\npid ${join(folder, 'nginx.pid')};\n`;
  const program = start('nginx', ['-p', folder, '-c', writeConfig(folder, 'nginx.conf', changes, quiet)]);
  await waitForListener({ host: '127.0.0.1', port: encrypted });
  const options = { localAddress: CLIENT_ADDRESS, family: 4 as const, tls: { ca: certificate.cert } };
  return {
    ways: [
      { url: `ws://localhost:${plain}/chat/room`, options, seen: { encrypted: false, peer: CLIENT } },
      { url: `wss://localhost:${encrypted}/chat/room`, options, seen: { encrypted: true, peer: CLIENT } },
    ],
    close: async () => {
      await stop(program);
      await server.close();
    },
  };
}

async function openHaproxy({ folder, certificate }: Surroundings): Promise<Ways> {
  const trustedProxies = { from: FROM };
  const servers = [
    await startServer({ trustedProxies: { from: FROM, headers: 'forwarded' } }),
    await startServer({ proxyProtocol: true, trustedProxies }),
    await startServer({ proxyProtocol: true, trustedProxies, tls: certificate }),
  ] as const;
  const shown = ['8080', '8443', '8081', '8444', '8445'];
  const ports = await Promise.all(shown.map(findFreePort));
  const changes = {
    ...Object.fromEntries(shown.map((port, index) => [port, String(ports[index])])),
    '9000': String(servers[0].port),
    '9001': String(servers[1].port),
    '9002': String(servers[2].port),
    '/etc/ssl/example.com.pem': writePem(folder, `${certificate.cert.trim()}\n${certificate.key.trim()}\n`),
    '60s': '3s',
  };
  const program = start('haproxy', ['-f', writeConfig(folder, 'haproxy.cfg', changes), '-db']);
  for (const port of ports) await waitForListener({ host: '127.0.0.1', port });
  const options = { localAddress: CLIENT_ADDRESS, family: 4 as const, tls: { ca: certificate.cert } };
  return {
    ways: ports.map((port, index) => ({
      url: `${index === 0 || index === 2 ? 'ws' : 'wss'}://localhost:${port}/`,
      options,
      seen: { encrypted: index !== 0 && index !== 2, peer: CLIENT },
    })),
    close: async () => {
      await stop(program);
      for (const server of servers) await server.close();
    },
  };
}

function writePem(folder: string, pem: string): string {
  const path = join(folder, 'example.com.pem');
  writeFileSync(path, pem, { mode: 0o600 });
  return path;
}
