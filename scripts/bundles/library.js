// What a page loads that uses all that the library does in a browser.
import { connect, reconnect, stayConnected } from 'millrace';

Reflect.set(globalThis, 'millrace', { connect, reconnect, stayConnected });
