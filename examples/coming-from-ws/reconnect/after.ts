import { setTimeout } from 'node:timers/promises';

import { connect, serve } from 'millrace';

let connections = 0;
const server = await serve(
  { port: 0 },
  {
    open: async (connection) => {
      await connection.send(`Message ${String(++connections)}`);
      if (connections < 3) connection.drop();
    },
  },
);

// #region
async function* follow(url: string): AsyncGenerator<string> {
  for (;;) {
    try {
      await using connection = await connect(url);
      for await (const message of connection) yield await message.text();
    } catch {
      // It ended before it was closed, or there is nobody to connect to.
    }
    await setTimeout(50);
  }
}
// #endregion

for await (const text of follow(server.url)) {
  console.log(text);
  if (text === 'Message 3') break; // which closes the connection
}
await server.close();
