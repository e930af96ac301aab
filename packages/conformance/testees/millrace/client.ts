// An echo client: node client.js <message|frame|stream> <url of the fuzzing server> <agent>
import { driveCases } from '../drive-cases.ts';
import { toLevel } from '../levels.ts';
import {
  FrameEchoClient,
  ListeningClient,
  MessageEchoClient,
  StreamEchoClient,
  connectClient,
} from './echo-clients.ts';

const CLIENTS = { message: MessageEchoClient, frame: FrameEchoClient, stream: StreamEchoClient };

const [, , level, url = '', agent = 'millrace'] = process.argv;
const echo = CLIENTS[toLevel(level)];

process.on('warning', (warning) => process.stderr.write(`${warning.message}\n`));

await driveCases(
  url,
  agent,
  (target, onText) => connectClient(target, ListeningClient, onText),
  (target) => connectClient(target, echo, () => undefined),
);
