import { connect, serve } from 'millrace';

const server = await serve({ port: 0 }, {});

// #region
function broadcast(news: string): void {
  for (const connection of server.connections) void connection.send(news);
}
// #endregion

const clients = await Promise.all([1, 2, 3].map(() => connect(server.url)));
broadcast('It rains');
for (const client of clients) console.log(await (await client.receive())?.text());
await server.close();
