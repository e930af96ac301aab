// A server in a process of its own: on a free port, or on the socket that it was started with. Tells on stdout where it listens, and of each error.
import { serve, subscribeDiagnostics } from '../../../src/index.ts';

subscribeDiagnostics('millrace:error', ({ error, connection }) => {
  if (connection === undefined) process.stdout.write(`millrace:error ${error.message}\n`);
});

const place = process.argv[2] === 'systemd' ? ({ fd: 'systemd' } as const) : { host: '127.0.0.1', port: 0 };
const server = await serve(
  {
    ...place,
    onError: (error) => {
      process.stdout.write(`error ${error.message}\n`);
    },
  },
  async (connection) => {
    for await (const message of connection) await connection.send(await message.text());
  },
);
process.stdout.write(`listening ${String(server.port)}\n`);
