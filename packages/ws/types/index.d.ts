import WebSocket from './index.cjs';

import createWebSocketStream = WebSocket.createWebSocketStream;
import connectionOf = WebSocket.connectionOf;
import extension = WebSocket.extension;
import PerMessageDeflate = WebSocket.PerMessageDeflate;
import Server = WebSocket.Server;
import Sender = WebSocket.Sender;
import subprotocol = WebSocket.subprotocol;
import WebSocketServer = WebSocket.WebSocketServer;

import AddressInfo = WebSocket.AddressInfo;
import CertMeta = WebSocket.CertMeta;
import ClientOptions = WebSocket.ClientOptions;
import CloseEvent = WebSocket.CloseEvent;
import Data = WebSocket.Data;
import ErrorEvent = WebSocket.ErrorEvent;
import Event = WebSocket.Event;
import EventListenerOptions = WebSocket.EventListenerOptions;
import FinishRequestCallback = WebSocket.FinishRequestCallback;
import MessageEvent = WebSocket.MessageEvent;
import PerMessageDeflateOptions = WebSocket.PerMessageDeflateOptions;
import RawData = WebSocket.RawData;
import Sendable = WebSocket.Sendable;
import SendOptions = WebSocket.SendOptions;
import ServerOptions = WebSocket.ServerOptions;
import VerifyClientCallbackAsync = WebSocket.VerifyClientCallbackAsync;
import VerifyClientCallbackSync = WebSocket.VerifyClientCallbackSync;
import WebSocketEventMap = WebSocket.WebSocketEventMap;

export {
  type AddressInfo,
  type CertMeta,
  type ClientOptions,
  type CloseEvent,
  connectionOf,
  createWebSocketStream,
  type Data,
  type ErrorEvent,
  type Event,
  type EventListenerOptions,
  extension,
  type FinishRequestCallback,
  type MessageEvent,
  PerMessageDeflate,
  type PerMessageDeflateOptions,
  type RawData,
  type Sendable,
  Sender,
  type Server,
  type SendOptions,
  type ServerOptions,
  subprotocol,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
  WebSocket,
  type WebSocketEventMap,
  WebSocketServer,
};
export default WebSocket;
