/**
 * TCP through WebSocket.
 *
 * @module millrace/tunnel
 */
export { listenTunnel, type ListenTunnelOptions, type TunnelListener, type TunnelPlace } from './listen-tunnel.ts';
export { serveTunnel, type ServeTunnelOptions, type TunnelTarget, type TunnelTargetChoice } from './serve-tunnel.ts';
