// An echo server: node server.js <façade>. Prints its URL.
import { SERVERS } from './facades.ts';

const [, , name = ''] = process.argv;
const serve = SERVERS.get(name);
if (serve === undefined) throw new Error(`there is no server "${name}", only ${[...SERVERS.keys()].join(', ')}`);
process.stdout.write(`${await serve()}\n`);
