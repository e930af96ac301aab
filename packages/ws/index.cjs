'use strict';

// Node.js gives the class; bundlers give the namespace of the module.
const loaded = require('./dist/src/index.js');

module.exports = loaded['module.exports'] ?? loaded;
