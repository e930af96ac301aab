import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import WebSocket, { WebSocketServer } from 'ws';

import { once, run } from '../row.js';

await run(['@trpc/server', '@trpc/client'], async (check) => {
  const t = initTRPC.create();
  const router = t.router({
    double: t.procedure.input((value) => Number(value)).query(({ input }) => input * 2),
    count: t.procedure.subscription(async function* () {
      for (let count = 0; count < 3; count++) yield count;
    }),
  });
  const wss = new WebSocketServer({ port: 0 });
  const handler = applyWSSHandler({ wss, router });
  await once(wss, 'listening');
  const wsClient = createWSClient({ url: `ws://127.0.0.1:${wss.address().port}`, WebSocket });
  const client = createTRPCClient({ links: [wsLink({ client: wsClient })] });
  check(await client.double.query(21), 42, 'query');
  const counted = await new Promise((resolve, reject) => {
    const all = [];
    client.count.subscribe(undefined, {
      onData: (data) => all.push(data),
      onComplete: () => resolve(all),
      onError: reject,
    });
  });
  check(counted, [0, 1, 2], 'subscription');
  handler.broadcastReconnectNotification();
  await wsClient.close();
  wss.close();
});
