// A server that ends as orchestrators want it: SIGTERM is the sign, and SIGKILL comes when its time is up.
import { serve } from 'millrace';

const server = await serve({ port: 0, host: '127.0.0.1', readyPath: '/ready' }, async (connection) => {
  for await (const message of connection) await connection.send(await message.text());
});

process.once('SIGTERM', () => {
  void server
    // Load balancers get some time to notice; then clients leave one after the other. In production, these are seconds: see docs/production.md.
    .close({ lameDuck: 500, drain: 300, timeout: 5000 })
    .then(({ clean, dropped, handlersRunning }) => {
      console.log(`${clean} closed cleanly, ${dropped} dropped, ${handlersRunning} handlers still run`);
      // Nothing of the server keeps the process alive. A handler that has not returned may.
      if (handlersRunning > 0) process.exit(1);
    });
});

process.send?.(server.port);
