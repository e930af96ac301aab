import type { Duplex } from 'node:stream';
import { TLSSocket, type PeerCertificate } from 'node:tls';

import type { ClientCertificate, TransportSecurity } from '../../protocol/handshake/rules/connection-request.ts';

/** Says what is known of the TLS of a socket; `undefined` where there is none. */
export function tlsFactsOf(socket: Duplex): TransportSecurity | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { authorized, authorizationError } = socket;
  const certificate = toCertificate(socket.getPeerCertificate());
  return Object.freeze({
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    servername: servernameOf(socket),
    authorized,
    // Without a certificate there is nothing that could be wrong with it; Node.js has an error there, or text, against its types.
    authorizationError: certificate === undefined || authorized ? undefined : describeError(authorizationError),
    certificate,
  });
}

/** What the client has asked for by SNI; Node.js has `false` there where it has not. */
function servernameOf(socket: TLSSocket): string | undefined {
  const name: unknown = Reflect.get(socket, 'servername');
  return typeof name === 'string' ? name : undefined;
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toCertificate(certificate: Partial<PeerCertificate>): ClientCertificate | undefined {
  const { subject, issuer, subjectaltname, serialNumber, fingerprint256, valid_from, valid_to, raw } = certificate;
  if (subject === undefined || raw === undefined) return undefined;
  return Object.freeze({
    subject: Object.freeze({ ...subject }),
    issuer: Object.freeze({ ...issuer }),
    subjectAltName: subjectaltname,
    serialNumber: serialNumber ?? '',
    fingerprint256: fingerprint256 ?? '',
    validFrom: valid_from ?? '',
    validTo: valid_to ?? '',
    raw: new Uint8Array(raw),
  });
}
