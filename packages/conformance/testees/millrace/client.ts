// An echo client: node client.js <façade> <url of the fuzzing server> <agent>
import { driveCases } from '../drive-cases.ts';
import { ListeningClient, connectClient } from './echo-clients.ts';
import { CLIENTS } from './facades.ts';

const [, , name = '', url = '', agent = 'millrace'] = process.argv;
const echo = CLIENTS.get(name);
if (echo === undefined) throw new Error(`there is no client "${name}", only ${[...CLIENTS.keys()].join(', ')}`);

process.on('warning', (warning) => process.stderr.write(`${warning.message}\n`));

await driveCases(url, agent, (target, onText) => connectClient(target, ListeningClient, onText), echo);
