import { connect, serve } from 'millrace';

// #region
const server = await serve(
  { port: 0 },
  {
    message: (connection, data) => connection.send(data),
  },
);
// #endregion

const client = await connect(server.url);
await client.send('Hello');
const message = await client.receive();
console.log(await message?.text());
await client.close();
await server.close();
