'use strict';

/**
 * What bundlers take for a browser, as they do of `ws`.
 *
 * @returns {never}
 */
module.exports = function () {
  throw new Error('ws does not work in the browser. Browser clients must use the native WebSocket object');
};
