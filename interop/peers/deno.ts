// Runs in Deno.
import { acceptTask, chooseSubprotocol, runProgram } from './program.ts';
import { attachWebSocket, connectWebSocket } from './whatwg.ts';
import type { WebSocketLike } from './whatwg.ts';

/** What is used of Deno's own interface. */
declare const Deno: {
  readonly version: { readonly deno: string };
  serve(
    options: { readonly hostname: string; readonly port: number; onListen(address: { readonly port: number }): void },
    handler: (request: Request) => Response,
  ): unknown;
  upgradeWebSocket(
    request: Request,
    options: { readonly protocol?: string },
  ): { readonly socket: WebSocketLike; readonly response: Response };
};

runProgram({
  versions: { Deno: Deno.version.deno },

  connect: (task) => connectWebSocket((url, subprotocols) => new WebSocket(url, subprotocols), task),

  serve: () =>
    new Promise((resolve) => {
      const onListen = ({ port }: { readonly port: number }): void => resolve(port);
      Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, (request) => {
        const offered = request.headers.get('sec-websocket-protocol')?.split(/, */) ?? [];
        const protocol = chooseSubprotocol(offered);
        const { socket, response } = Deno.upgradeWebSocket(request, protocol === undefined ? {} : { protocol });
        attachWebSocket(socket, acceptTask(request.url), { protocol: protocol ?? '' });
        return response;
      });
    }),
});
