// Servers of ours that stand behind the proxies, and the files that proxies want.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { serve, type ServeOptions } from 'millrace';
import { generate } from 'selfsigned';

import { onConnect, serveCases, type Greeting } from './proxy-cases.ts';

/** The configurations; docs/ shows them, too. */
const CONFIG_FOLDER = fileURLToPath(new URL('../../proxies/config/', import.meta.url));

/** A key and its certificate, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate for `localhost`. */
export async function makeCertificate(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  return { key, cert };
}

/** A server of ours at work. */
export interface OurServer {
  readonly port: number;
  readonly close: () => Promise<unknown>;
}

/** Starts a server of ours. */
export async function startServer(
  options: Omit<ServeOptions<{ readonly context: Greeting }>, 'onConnect'> = {},
): Promise<OurServer> {
  const server = await serve({ host: '127.0.0.1', port: 0, ...options, onConnect }, serveCases);
  return { port: server.port ?? 0, close: () => server.close() };
}

/**
 * Writes a configuration with other ports and files than it is shown with.
 *
 * @param name in the folder of configurations
 * @param changes what stands in it, and what is to
 * @param further to be put in front of it
 *
 * @returns the path of the file
 */
export function writeConfig(
  folder: string,
  name: string,
  changes: Readonly<Record<string, string>>,
  further = '',
): string {
  const shown = readFileSync(join(CONFIG_FOLDER, name), 'utf8');
  const missing = Object.keys(changes).filter((from) => !shown.includes(from));
  if (missing.length > 0) throw new Error(`${name} has no ${missing.join(', ')}`);
  const pattern = new RegExp(Object.keys(changes).map(escape).join('|'), 'g');
  const path = join(folder, name);
  writeFileSync(path, `${further}${shown.replace(pattern, (from) => changes[from] ?? from)}`);
  return path;
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
