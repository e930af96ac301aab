// Answers of a language model, token by token: each answer is one message, read while it is made. A reader that is slow slows the model down; one that has read enough cancels it.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import { connect, serve } from 'millrace';

let generated = 0;

/** Stands for a model, which would be asked with the signal: `fetch(url, { signal })`. */
async function* generate(prompt: string, signal: AbortSignal): AsyncGenerator<string> {
  for (let index = 0; index < 100_000 && !signal.aborted; index++) {
    await turn();
    generated++;
    yield index === 0 ? `You asked: ${prompt}\n` : `token ${index} `;
  }
}

const server = await serve({ port: 0 }, async (connection) => {
  const cancelled = new AbortController();
  let answering: Promise<unknown> = Promise.resolve();
  for await (const message of connection) {
    const request = await message.text();
    if (request === 'cancel') {
      cancelled.abort();
      continue;
    }
    // The generator is asked for the next token when the one before has left; it ends with its connection, too.
    const signal = AbortSignal.any([cancelled.signal, connection.signal]);
    answering = connection.send(generate(request, signal));
    answering.catch(() => undefined);
  }
  await answering;
});

const connection = await connect(server.url);
await connection.send('Why is the sky blue?');

const answer = await connection.expectMessage();
let text = '';
for await (const token of answer.textChunks()) {
  text += token;
  if (text.includes('token 100 ')) {
    await connection.send('cancel');
    break; // the rest of the message is left out
  }
}
await connection.close();
await server.close();

console.log(`${text.slice(0, 60)} … and ${generated} tokens were made in all`);
assert.ok(text.startsWith('You asked: Why is the sky blue?\ntoken 1 token 2 '));
assert.ok(generated < 100_000, 'the model was told to stop');
