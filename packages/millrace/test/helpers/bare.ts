import type { ConnectionHost } from '../../src/protocol/connection/host.ts';
import type { ConnectionSetup } from '../../src/protocol/connection/parts.ts';
import { resolveConnectionOptions } from '../../src/protocol/connection/options.ts';
import { portableTextCodec } from '../../src/protocol/wire/text-codec.ts';
import { EventLog } from './event-log.ts';

/** A host without a transport, whose clock stands still. */
export const BARE_HOST: ConnectionHost = {
  text: portableTextCodec,
  now: () => 0,
  maskingKey: () => 0,
  transportBufferedAmount: () => 0,
  requestUpdate: () => undefined,
  copiesOutput: false,
  turnTime: () => Infinity,
  requestTurn: () => undefined,
};

/** A server without a transport: one is quickly made. */
export const BARE: ConnectionSetup = {
  role: 'server',
  options: resolveConnectionOptions(),
  host: BARE_HOST,
  receiver: { level: 'streaming', handler: new EventLog().streaming },
  handler: new EventLog().owner,
};
