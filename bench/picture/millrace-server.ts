// Receives messages as streams, and answers each with its length.
import { serve } from 'millrace';

const server = await serve(
  { port: 0, host: '127.0.0.1', maxMessageSize: Infinity, maxFrameSize: Infinity },
  async (connection) => {
    for await (const message of connection) {
      let length = 0;
      for await (const chunk of message) length += chunk.length;
      await connection.send(String(length));
    }
  },
);
process.send?.({ port: server.port });
