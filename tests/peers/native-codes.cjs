// Preloaded (`node --require`), takes away the library with which receiptline draws QR codes, so
// that it leaves them to the printer, as it does in browsers.
'use strict';

const { dirname } = require('node:path');

const library = require.resolve('receiptline/lib/qrcode-generator/qrcode.js', {
  paths: [dirname(process.argv[1])],
});
require.cache[library] = { id: library, filename: library, loaded: true, exports: undefined };

// In browsers it looks for the library here; not before it has found out that it is in none.
process.nextTick(() => {
  globalThis.window = { atob };
});
