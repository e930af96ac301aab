import { once } from 'node:events';
import { createServer } from 'node:http';

import { HandshakeError, connect, serve } from 'millrace';

import { urlOf } from '../../support/url-of.ts';

// #region
const httpServer = createServer((_request, response) => response.end('A page'));

const echo = await serve(
  { server: httpServer, path: '/echo' },
  {
    message: (connection, data) => connection.send(data),
  },
);
const time = await serve(
  { server: httpServer, path: '/time' },
  {
    open: (connection) => connection.send('Twelve o’clock'),
  },
);

httpServer.listen(0);
// #endregion

await once(httpServer, 'listening');
console.log(await (await fetch(urlOf(httpServer).replace('ws', 'http'))).text());
const echoClient = await connect(`${urlOf(httpServer)}/echo`);
await echoClient.send('Hello');
console.log(await (await echoClient.receive())?.text());
const timeClient = await connect(`${urlOf(httpServer)}/time`);
console.log(await (await timeClient.receive())?.text());
await connect(`${urlOf(httpServer)}/other`).catch((error: unknown) => {
  if (error instanceof HandshakeError) console.log(error.status);
});
await Promise.all([echo.close(), time.close()]);
httpServer.close();
httpServer.closeAllConnections();
