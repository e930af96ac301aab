import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { from, map } from 'rxjs';
import WebSocket from 'ws';

import { once, run } from '../row.js';

await run(['@nestjs/platform-ws', '@nestjs/websockets'], async (check) => {
  class Gateway {
    onEvent(data) {
      return from([1, 2, 3]).pipe(map((item) => ({ event: 'events', data: item * data })));
    }
  }
  decorate(Gateway, 'onEvent', SubscribeMessage('events'), MessageBody());
  WebSocketGateway({ path: '/ws' })(Gateway);
  class App {}
  Module({ providers: [Gateway] })(App);
  const app = await NestFactory.create(App, { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  const client = new WebSocket(`ws://127.0.0.1:${app.getHttpServer().address().port}/ws`);
  await once(client, 'open');
  const answers = [];
  const done = new Promise((resolve) => {
    client.on('message', (data) => {
      answers.push(JSON.parse(String(data)).data);
      if (answers.length === 3) resolve();
    });
  });
  client.send(JSON.stringify({ event: 'events', data: 10 }));
  await done;
  check(answers, [10, 20, 30], 'a gateway');
  client.close();
  await once(client, 'close');
  await app.close();
});

function decorate(target, method, ofMethod, ofParameter) {
  ofParameter(target.prototype, method, 0);
  ofMethod(target.prototype, method, Object.getOwnPropertyDescriptor(target.prototype, method));
}
