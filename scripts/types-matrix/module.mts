// The ES module of a program that has both kinds: they hand each other connections, classes and errors.
import { LocalUsageError, WebSocketServerFactory, connect, listenWS, type MillraceError } from 'millrace';
import { createMemoryPair } from 'millrace/testing';
import { Shouting, greet, isOurs } from './common.cjs';

const factory = new WebSocketServerFactory(undefined, { protocol: Shouting, host: '127.0.0.1', port: 0 });
const listener = await listenWS(factory);
const connection = await connect(listener.url);
await greet(connection);
const answer = await (await connection.expectMessage()).text();
const error: unknown = new LocalUsageError('example');
const ours: MillraceError | undefined = isOurs(error) ? error : undefined;
if (answer !== 'HELLO' || ours?.code !== 'MILLRACE_LOCAL_USAGE') throw new Error(`found ${answer}, ${String(ours)}`);
await connection.close();
await listener.close();
console.log(typeof createMemoryPair === 'function' ? 'ok' : 'without millrace/testing');
