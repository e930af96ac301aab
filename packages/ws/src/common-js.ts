/** What `require` gives of the published package: the class, with all else as its statics. */
export { WebSocket as default } from './index.ts';
