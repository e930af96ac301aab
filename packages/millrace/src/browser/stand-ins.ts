// Names that only servers have: they exist, and throw when they are used. A bundle that uses none of them is without this file.
import { standIn, standInClass } from './unavailable.ts';

/** As in Node, where the protocol classes have it. */
export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

type Missing = () => never;
type MissingClass = new () => object;

/** Needs Node: throws when it is called. */
export const broadcast: Missing = standIn('broadcast');
/** Needs Node: throws when it is called. */
export const connectWS: Missing = standIn('connectWS');
/** Needs Node: throws when it is called. */
export const createPermessageDeflate: Missing = standIn('createPermessageDeflate');
/** Needs Node: throws when it is called. */
export const listenWS: Missing = standIn('listenWS');
/** Needs Node: throws when it is called. */
export const prepareMessage: Missing = standIn('prepareMessage');
/** Needs Node: throws when it is called. */
export const serve: Missing = standIn('serve');
/** Needs Node: throws when it is called. */
export const subscribeDiagnostics: Missing = standIn('subscribeDiagnostics');
/** Needs Node: throws when it is called. */
export const upgrade: Missing = standIn('upgrade');
/** Needs Node: throws when it is called. */
export const wrap: Missing = standIn('wrap');
/** Needs Node: throws when an instance is made. */
export const ConnectionDeny: MissingClass = standInClass('ConnectionDeny');
/** Needs Node: throws when an instance is made. */
export const WebSocketClientFactory: MissingClass = standInClass('WebSocketClientFactory');
/** Needs Node: throws when an instance is made. */
export const WebSocketClientProtocol: MissingClass = standInClass('WebSocketClientProtocol');
/** Needs Node: throws when an instance is made. */
export const WebSocketFactory: MissingClass = standInClass('WebSocketFactory');
/** Needs Node: throws when an instance is made. */
export const WebSocketListener: MissingClass = standInClass('WebSocketListener');
/** Needs Node: throws when an instance is made. */
export const WebSocketProtocol: MissingClass = standInClass('WebSocketProtocol');
/** Needs Node: throws when an instance is made. */
export const WebSocketServerFactory: MissingClass = standInClass('WebSocketServerFactory');
/** Needs Node: throws when an instance is made. */
export const WebSocketServerProtocol: MissingClass = standInClass('WebSocketServerProtocol');
