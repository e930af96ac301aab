// #region
import { serve } from 'millrace';

const server = await serve(
  { port: 9000 },
  {
    open: (connection) => connection.send('Welcome'),
    message: (connection, data) => connection.send(data),
  },
);
console.log(server.url);
// #endregion

/** For the program that runs both. */
export const close = (): Promise<unknown> => server.close();
