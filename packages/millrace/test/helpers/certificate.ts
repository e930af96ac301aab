import { generate } from 'selfsigned';

/** A key and the certificate for it, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

let certificate: Promise<Certificate> | undefined;

/** Makes a self-signed certificate for `localhost` and `127.0.0.1`, once in the process. */
export function selfSignedCertificate(): Promise<Certificate> {
  certificate ??= make();
  return certificate;
}

async function make(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key, cert };
}
