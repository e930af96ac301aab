import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { MillraceError } from '../../../../src/protocol/base/errors.ts';
import { ConnectionDeny } from '../../../../src/protocol/handshake/rules/connection-deny.ts';

describe('ConnectionDeny', () => {
  it('keeps status, reason and headers', () => {
    const deny = new ConnectionDeny(ConnectionDeny.FORBIDDEN, 'no', { 'X-A': '1' });

    assert.ok(deny instanceof MillraceError);
    assert.equal(deny.name, 'ConnectionDeny');
    assert.equal(deny.code, 'MILLRACE_CONNECTION_DENY');
    assert.equal(deny.message, 'connection denied with 403: no');
    assert.deepEqual([deny.status, deny.reason, deny.headers], [403, 'no', { 'X-A': '1' }]);
  });

  it('needs neither reason nor headers', () => {
    const deny = new ConnectionDeny(404);

    assert.equal(deny.message, 'connection denied with 404');
    assert.deepEqual([deny.reason, deny.headers], ['', {}]);
  });

  it('names the statuses', () => {
    const { BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ACCEPTABLE } = ConnectionDeny;
    const { REQUEST_TIMEOUT, TOO_MANY_REQUESTS, INTERNAL_SERVER_ERROR, NOT_IMPLEMENTED, SERVICE_UNAVAILABLE } =
      ConnectionDeny;

    assert.deepEqual([BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ACCEPTABLE], [400, 401, 403, 404, 406]);
    assert.deepEqual([REQUEST_TIMEOUT, TOO_MANY_REQUESTS], [408, 429]);
    assert.deepEqual([INTERNAL_SERVER_ERROR, NOT_IMPLEMENTED, SERVICE_UNAVAILABLE], [500, 501, 503]);
  });
});
